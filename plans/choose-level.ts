/** Which level of a model, and how much of the prompt, a target allows. Pure. */
import type { Bound, Target } from "./target.ts";

/** A way to make an answer, and what it would take right now. */
export interface Candidate {
  /** The share of the prompt that is read, above 0, at most 1. */
  readonly promptShare: number;
  /** Slices of the model's layers that run: see `models/elastic.ts`. */
  readonly level: number;
  /** The wait for a place and the choice itself included. */
  readonly ttftMilliseconds: number;
  readonly tpotMilliseconds: number;
  /** The probability that the answer is right, 0 to 1. Default: not known. */
  readonly right?: number;
}

/** What was chosen. */
export interface Choice<C extends Candidate = Candidate> {
  readonly candidate: C;
  /** Whether it is as fast as the target asks. */
  readonly met: boolean;
}

/** Probabilities that are this close are not told apart: then what costs least is taken. */
const ALIKE = 0.02;
/** Sums of times are not exact: the whole model meets 100% of itself. */
export const ROUNDING = 1 + 1e-9;

/**
 * The best way that meets a target: of those as fast as it asks the one that is most probably right, or the lightest within
 * 0.02 of that; where it is not known how right they are, the one with most of the prompt, among these the highest level. Where
 * none is as fast, the one that comes closest with the whole prompt: what is late anyway is not left a part of the question.
 * Shares are of what the whole model takes with the whole prompt: of the candidate with most of both. Undefined only without
 * candidates.
 */
export function chooseLevel<C extends Candidate>(target: Target, candidates: readonly C[]): Choice<C> | undefined {
  const whole = wholeOf(candidates);
  if (whole === undefined) return undefined;
  if (target.type === "full") return { candidate: whole, met: true };
  const excessOf = (candidate: C) => {
    return Math.max(
      excess(target.ttft, candidate.ttftMilliseconds, whole.ttftMilliseconds),
      excess(target.tpot, candidate.tpotMilliseconds, whole.tpotMilliseconds),
    );
  };
  const feasible = candidates.filter((candidate) => excessOf(candidate) <= ROUNDING);
  const best = bestOf(feasible);
  if (best !== undefined) return { candidate: best, met: true };
  const unshortened = candidates.filter(({ promptShare }) => promptShare === whole.promptShare);
  const least = Math.min(...unshortened.map(excessOf));
  const closest = bestOf(unshortened.filter((candidate) => excessOf(candidate) <= least * ROUNDING));
  return { candidate: closest ?? whole, met: false };
}

/** The candidate with most of the prompt and of the model. */
export function wholeOf<C extends Candidate>(candidates: readonly C[]): C | undefined {
  return candidates.toSorted(mostFirst)[0];
}

/** How many times as long as allowed something takes; 0 where nothing is asked of it. */
function excess(bound: Bound | undefined, milliseconds: number, whole: number): number {
  if (bound === undefined) return 0;
  const allowed = bound.type === "milliseconds" ? bound.most : bound.most * whole;
  if (allowed > 0) return milliseconds / allowed;
  return milliseconds > 0 ? Infinity : 0;
}

function bestOf<C extends Candidate>(candidates: readonly C[]): C | undefined {
  const rights = candidates.flatMap(({ right }) => right ?? []);
  if (rights.length < candidates.length) return candidates.toSorted(mostFirst)[0];
  const most = Math.max(...rights);
  return candidates.filter(({ right = 0 }) => right >= most - ALIKE).toSorted(lightestFirst)[0];
}

/** Most of the prompt first, then the highest level. */
function mostFirst(a: Candidate, b: Candidate): number {
  return b.promptShare - a.promptShare || b.level - a.level;
}

/** The work of an answer grows with its level for every token; the prompt's share counts where levels are equal. */
function lightestFirst(a: Candidate, b: Candidate): number {
  return a.level - b.level || a.promptShare - b.promptShare;
}
