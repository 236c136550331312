/**
 * What a level of an elastic model takes here: the share of the time that its sliced layers take as a whole. It is not quite
 * the share of their weights, since norms, caches and the start of each step do not become less.
 */
import type { LevelTime } from "../leader/protocol.ts";
import { Samples } from "./samples.ts";

/** Of a window, by level; undefined is the whole. */
export class LevelTally {
  readonly #of = new Map<number | undefined, { count: number; total: number }>();

  /** So many steps, or tokens of prompts, took so many milliseconds in the sliced layers. */
  add(level: number | undefined, count: number, milliseconds: number): void {
    const known = this.#of.get(level) ?? { count: 0, total: 0 };
    this.#of.set(level, { count: known.count + count, total: known.total + milliseconds });
  }

  /** The shares of levels of which there was enough, beside enough of the whole: at least `enough` steps or tokens. */
  shares(enough: number): [level: number, share: number][] {
    const whole = this.#of.get(undefined);
    if (whole === undefined || whole.count < enough || !(whole.total > 0)) return [];
    return [...this.#of].flatMap(([level, { count, total }]): [number, number][] => {
      if (level === undefined || count < enough || !(total > 0)) return [];
      // A part takes no longer than the whole: what says so is noise.
      return [[level, Math.min(1, (total / count) / (whole.total / whole.count))]];
    });
  }
}

/** Windows that a share is the median of. */
const WINDOWS = 9;
/** Windows after which a share is sure enough to tell the device's speed from steps of its level. */
const SURE = 3;
/** Decode steps, and tokens of prompts, of a level and of the whole in one window before they are compared. */
const ENOUGH_STEPS = 8;
const ENOUGH_TOKENS = 64;

/** What the levels of one model take on this device. */
export class LevelShares {
  readonly #decode = new Map<number, Samples>();
  readonly #prefill = new Map<number, Samples>();

  /**
   * Learns from one window. Only levels that ran in the same window as the whole are compared with it: between windows a
   * device may have become slower, which is none of the level's doing.
   */
  learn(decode: LevelTally, prefill: LevelTally): void {
    for (const [level, share] of decode.shares(ENOUGH_STEPS)) samplesOf(this.#decode, level).add(share);
    for (const [level, share] of prefill.shares(ENOUGH_TOKENS)) samplesOf(this.#prefill, level).add(share);
  }

  /** The share of a decode step's time that a level takes, once it is sure. */
  sure(level: number): number | undefined {
    const samples = this.#decode.get(level);
    return samples === undefined || samples.count < SURE ? undefined : samples.median();
  }

  /** What is known so far, by level. */
  known(): LevelTime[] {
    const levels = [...new Set([...this.#decode.keys(), ...this.#prefill.keys()])].sort((a, b) => a - b);
    return levels.map((level) => {
      const [decode, prefill] = [this.#decode.get(level)?.median(), this.#prefill.get(level)?.median()];
      return {
        level,
        ...(decode === undefined ? {} : { decodeShare: decode }),
        ...(prefill === undefined ? {} : { prefillShare: prefill }),
      };
    });
  }
}

function samplesOf(by: Map<number, Samples>, level: number): Samples {
  const samples = by.get(level) ?? new Samples(WINDOWS);
  by.set(level, samples);
  return samples;
}
