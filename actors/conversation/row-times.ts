/** What steps take by their tokens, as a conversation sees it: from the forward to the draw, hops and queues included. */
import { MAX_DRAWS } from "../wire.ts";

/** Latest steps of each size that a median is taken over: a burst of other work goes unnoticed, a change does not for long. */
const WINDOW = 7;
/** Steps after which a time is not believed any more. */
const STALE_STEPS = 256;

interface Samples {
  readonly milliseconds: number[];
  /** Of these. */
  median: number;
  /** How many steps of any size there had been when the latest came. */
  latest: number;
}

/** Times of steps of 1 to `MAX_DRAWS` tokens. */
export class RowTimes {
  readonly #sizes = new Map<number, Samples>();
  #steps = 0;

  /** Takes what a step of so many tokens took. */
  add(tokens: number, milliseconds: number): void {
    const samples = this.#sizes.get(tokens) ?? { milliseconds: [], median: 0, latest: 0 };
    if (this.#isStale(samples)) samples.milliseconds.length = 0;
    samples.milliseconds.push(milliseconds);
    if (samples.milliseconds.length > WINDOW) samples.milliseconds.shift();
    const sorted = samples.milliseconds.toSorted((a, b) => a - b);
    samples.median = sorted[sorted.length >> 1] ?? milliseconds;
    samples.latest = this.#steps++;
    this.#sizes.set(tokens, samples);
  }

  /** How many of the latest steps of so many tokens the median is taken over. */
  samples(tokens: number): number {
    return this.measured(tokens) === undefined ? 0 : this.#sizes.get(tokens)?.milliseconds.length ?? 0;
  }

  /** Tokens of the largest steps that were measured lately; 0 where none were. */
  get largest(): number {
    return [...this.#sizes.keys()].reduce((largest, tokens) => {
      return tokens > largest && this.measured(tokens) !== undefined ? tokens : largest;
    }, 0);
  }

  /** The median of the latest steps of so many tokens; undefined where there were none lately. */
  measured(tokens: number): number | undefined {
    const samples = this.#sizes.get(tokens);
    return samples === undefined || this.#isStale(samples) ? undefined : samples.median;
  }

  /**
   * What a step of so many tokens is expected to take: what it took, or along the line between the sizes that were measured.
   * Beyond the largest of them it goes on as steeply as up to there, and where only single tokens were, as if the others ran
   * one after another. Undefined before a single token was measured.
   */
  expected(tokens: number): number | undefined {
    const single = this.measured(1);
    if (single === undefined) return undefined;
    let below = { tokens: 1, milliseconds: single };
    for (let size = 1; size <= MAX_DRAWS; size++) {
      const milliseconds = this.measured(size);
      if (milliseconds === undefined) continue;
      if (size === tokens) return milliseconds;
      if (size > tokens) {
        return below.milliseconds +
          (milliseconds - below.milliseconds) * (tokens - below.tokens) / (size - below.tokens);
      }
      below = { tokens: size, milliseconds };
    }
    const slope = below.tokens === 1 ? single : Math.max(0, (below.milliseconds - single) / (below.tokens - 1));
    return below.milliseconds + slope * (tokens - below.tokens);
  }

  #isStale({ latest }: Samples): boolean {
    return this.#steps - latest > STALE_STEPS;
  }
}
