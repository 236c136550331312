/** Things that are dear to make, by key: those that were used last are kept. */
export class Kept<T> {
  readonly #most: number;
  readonly #release: (value: T) => void;
  /** In the order of their last use. */
  readonly #values = new Map<string, T>();

  /** Keeps at most so many; `release` lets go of one. */
  constructor(most: number, release: (value: T) => void) {
    this.#most = most;
    this.#release = release;
  }

  /** The one of this key, made where there is none. */
  get(key: string, make: () => T): T {
    const value = this.#values.get(key) ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#most) this.#forgetOldest();
    return value;
  }

  /** Lets go of all. */
  close(): void {
    for (const value of this.#values.values()) this.#release(value);
    this.#values.clear();
  }

  #forgetOldest(): void {
    for (const [oldest, value] of this.#values) {
      this.#release(value);
      this.#values.delete(oldest);
      return;
    }
  }
}
