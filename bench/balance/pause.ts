/** What a reader waited for while blocks moved. Pure. */
import { median } from "../statistics.ts";
import { gapsBetween } from "./reader.ts";

/** So long before a move tokens came as they usually do. */
const BEFORE_MILLISECONDS = 3000;
/** What begins later after a change of plans is not of its making. */
const AFTER_MILLISECONDS = 1000;

/** A move of blocks: when it was asked for, and when the reader's device heard of the new plan. `performance.now()`. */
export interface Move {
  readonly askedAt: number;
  readonly changedAt: number;
}

/** Milliseconds. */
export interface Pause {
  /** From token to token, before: the median. */
  readonly usual: number;
  /** From the word to the plan. */
  readonly prepared: number;
  /** The longest wait that ended before the plans changed. */
  readonly meanwhile: number;
  /** The longest wait from then on: the one in which they changed, or one soon after. */
  readonly change: number;
}

/** The waits of a move, of the times at which the tokens of each answer came; undefined where nobody read. */
export function pauseOf(
  { askedAt, changedAt }: Move,
  arrivals: readonly (readonly number[])[],
): Pause | undefined {
  const before = gapsBetween(arrivals, askedAt - BEFORE_MILLISECONDS, askedAt);
  const after = gapsBetween(
    arrivals,
    changedAt,
    changedAt + AFTER_MILLISECONDS,
  );
  if (before.length === 0 || after.length === 0) return undefined;
  return {
    usual: median(before),
    prepared: changedAt - askedAt,
    meanwhile: Math.max(0, ...gapsBetween(arrivals, askedAt, changedAt)),
    change: Math.max(...after),
  };
}
