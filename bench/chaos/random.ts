/** Chance that repeats itself: what happens, and to whom, follows from the seed; when it meets what does not. */

export interface Chance {
  /** A number from `from` to below `to`. */
  between(from: number, to: number): number;
  /** One of some. @throws {RangeError} of none */
  of<T>(all: readonly T[]): T;
}

/** Mulberry32. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    between: (from, to) => from + next() * (to - from),
    of(all) {
      const one = all[Math.floor(next() * all.length)];
      if (one === undefined) {
        throw new RangeError("There is none to choose from.");
      }
      return one;
    },
  };
}
