/** At which levels sequences were seated lately, for people who look. */

/** Sequences that count as lately. */
const LATEST = 64;

/** So many sequences at a level. */
export interface LevelCount {
  readonly level: number;
  readonly sequences: number;
}

export class LevelMix {
  readonly #latest: number[] = [];

  add(level: number): void {
    this.#latest.push(level);
    if (this.#latest.length > LATEST) this.#latest.shift();
  }

  /** The levels of the latest sequences, the highest first; those that none had are left out. */
  counts(): LevelCount[] {
    const counts = Map.groupBy(this.#latest, (level) => level);
    return [...counts].map(([level, all]) => ({ level, sequences: all.length })).sort((a, b) => b.level - a.level);
  }
}
