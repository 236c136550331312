/** The way to a decision that does not fit beside the plan in force: what is loaded first, and what follows when. Pure. */
import type { Decision } from "./attempt.ts";

/** From a plan in force to the next one on the way: what it gave away is lent to heirs until then, and takes its memory. */
export const FREED_MILLISECONDS = 3500;

/** What is to be loaded next: the first split on the way, or the decision itself. */
export function nextStep(decision: Decision): Decision {
  const [segments] = decision.way ?? [];
  // What is predicted is predicted of the last of them.
  return segments === undefined ? decision : { ...decision, segments, forecast: undefined };
}

/** What is left of a decision once its next step is in force; undefined where that was the last one. */
export function afterStep(decision: Decision): Decision | undefined {
  const { way = [] } = decision;
  return way.length === 0 ? undefined : { ...decision, way: way.slice(1) };
}
