/** Those who listen to one kind of event. */
export interface Listeners<Arguments extends readonly unknown[]> {
  /** Adds a listener; the returned function removes it. */
  add(listener: (...values: Arguments) => void): () => void;
  /** Calls all listeners in the order they came. One that throws does not keep the others from hearing. */
  call(...values: Arguments): void;
}

/** Makes an empty set of listeners; `onError` hears what they throw. */
export function createListeners<Arguments extends readonly unknown[]>(
  onError: (error: unknown) => void,
): Listeners<Arguments> {
  let all: readonly ((...values: Arguments) => void)[] = [];
  return {
    add(listener) {
      // A function of its own, so that the same listener added twice is removed one at a time.
      const own = (...values: Arguments): void => listener(...values);
      all = [...all, own];
      return () => {
        all = all.filter((other) => other !== own);
      };
    },
    call(...values) {
      for (const listener of all) {
        try {
          listener(...values);
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}
