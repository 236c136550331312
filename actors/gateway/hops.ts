/** What single tokens spent between segments. Pure. */
import { clockOffset, rowsOf, type Said, tokenPairs } from "./trace.ts";

/** A token's way around the pipeline. */
export interface TokenHops {
  readonly position: number;
  /**
   * Milliseconds from the end of its step in a segment to its arrival at the next one; the last is the way back to the first
   * segment, as the token that was drawn. Each is off by what the clocks are, their sum is not.
   */
  readonly wire: readonly number[];
}

/**
 * The hops of the tokens whose next one is known, in the order of their positions; `said` is in the order of the segments.
 * A token is left out where a hop is negative by more than clocks can be off: then two of its runs are mixed up.
 */
export function hopsOf(said: readonly (Said | undefined)[]): TokenHops[] {
  const slack = 2 * Math.max(0, ...said.map((one) => one === undefined ? 0 : clockOffset(one).error));
  return tokenPairs(rowsOf(said, 0)).flatMap(({ row, next }) => {
    const wire = row.steps.map((step, segment) => {
      const then = row.steps[segment + 1] ?? next.steps[0];
      return step == null || then == null ? NaN : then.arrived - step.ended;
    });
    return wire.every((hop) => hop >= -slack - 1e-6) ? [{ position: row.position, wire }] : [];
  });
}
