/** Seeded randomness for the generator: the same seed gives the same text on every machine. */

/** A stream of choices. */
export interface Random {
  /** A number from 0 up to, not including, 1. */
  unit(): number;
  /** A whole number from 0 up to, not including, `bound`. */
  below(bound: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of the entries; throws a RangeError for an empty list. */
  pick<T>(list: readonly T[]): T;
  /** The entries in a new order. */
  shuffle<T>(list: readonly T[]): T[];
}

/** Starts a stream (sfc32 by Chris Doty-Humphrey, seeded from a 32-bit number). */
export function seededRandom(seed: number): Random {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  }
  for (let i = 0; i < 12; i++) next();

  const unit = () => next() / 2 ** 32;
  const below = (bound: number) => Math.floor(unit() * bound);
  function pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError("Cannot pick from an empty list");
    return list[below(list.length)] as T;
  }
  function shuffle<T>(list: readonly T[]): T[] {
    const all = [...list];
    for (let i = all.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [all[i], all[j]] = [all[j] as T, all[i] as T];
    }
    return all;
  }
  return { unit, below, chance: (probability) => unit() < probability, pick, shuffle };
}

/** A 32-bit hash of a text (FNV-1a with a final mix), used to decide what is held out. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  hash ^= hash >>> 13;
  return hash >>> 0;
}
