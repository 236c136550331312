/** Traces of requests: when each comes, how fast it must be, and what it asks. */
import type { Random } from "../../training/generator/mod.ts";
import { targets } from "./targets.ts";

export interface TraceOptions {
  readonly random: Random;
  /**
   * How much more often tight targets are asked for than loose ones: a target counts `e^skew` times as much as the next looser
   * one. 0: all alike; above 0: more of the tight.
   */
  readonly skew: number;
  /** Default: 600, as in the paper. */
  readonly requests?: number;
  /** Mean time from request to request, in milliseconds. */
  readonly every: number;
  /** So many prompts there are to choose from. */
  readonly prompts: number;
}

export interface TracedRequest {
  /** Milliseconds since the trace began. */
  readonly at: number;
  /** Place in `targets`. */
  readonly target: number;
  /** Place among the prompts: drawn without regard to the target, so that targets compare on the same work. */
  readonly prompt: number;
}

/** Draws a trace: a Poisson process of arrivals. The same randomness gives the same trace. */
export function traceOf(
  { random, skew, requests = 600, every, prompts }: TraceOptions,
): TracedRequest[] {
  const weights = targets.map((_, index) => Math.exp(skew * index));
  let at = 0;
  return Array.from({ length: requests }, () => {
    // 1 - unit() is never 0.
    at -= every * Math.log(1 - random.unit());
    return {
      at,
      target: drawn(random, weights),
      prompt: random.below(prompts),
    };
  });
}

/** A place among weights, by its weight. */
function drawn(random: Random, weights: readonly number[]): number {
  let rest = random.unit() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return index;
  }
  return weights.length - 1;
}
