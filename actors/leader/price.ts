/** Whether moving pays. Pure. */
import type { Prediction } from "../../plans/mod.ts";
import { REQUESTS_PER_MOVE } from "./planning.ts";

/** A move must have paid within this time, at the pace of the last seconds. */
export const HORIZON_MILLISECONDS = 600_000;

/** Two plans under the same measurements, and how much is asked of the mesh. */
export interface Bargain {
  readonly current: Prediction;
  readonly best: Prediction;
  readonly throughput: boolean;
  readonly tokensPerSecond: number;
}

/**
 * Milliseconds that readers gain within the horizon, and that the move takes: blocks that are fetched, and a prompt that is
 * read again.
 */
export function bargainOf(
  { current, best, throughput, tokensPerSecond }: Bargain,
): { readonly gained: number; readonly spent: number } {
  const of = (plan: Prediction) => throughput ? 1000 / plan.tokensPerSecond : plan.tpotMilliseconds;
  const tokens = tokensPerSecond * HORIZON_MILLISECONDS / 1000;
  return {
    gained: (of(current) - of(best)) * tokens,
    spent: best.ttftMilliseconds + best.movingMilliseconds * REQUESTS_PER_MOVE,
  };
}
