/** What a solver is asked with and what it answers. */
import { predict, type Prediction } from "./predict.ts";
import type { Problem, Run, Segment } from "./problem.ts";
import { type Refusal, validate } from "./validate.ts";

export interface SolveOptions {
  /** Milliseconds that only grow. Default: a clock that stands still, so that only the solvers' own limits end a search. */
  readonly now?: () => number;
  /** When to stop, on that clock: the best plan found so far is the answer, with the gap that remains. Default: never. */
  readonly deadline?: number;
  /** The relative gap to the optimum that is good enough. Default: 0, optimal up to rounding. */
  readonly gap?: number;
}

/** A solver's word that no plan's objective is below `bound`. */
export interface Proof {
  readonly solver: string;
  /** Milliseconds of the objective. */
  readonly bound: number;
}

/** A plan with what is known of its quality. */
export interface Planned {
  readonly type: "placed";
  /** Whose plan it is, by the name it has in `solvers`; "shift" where it is to be come to by plans between. */
  readonly solver: string;
  readonly segments: readonly Segment[];
  readonly prediction: Prediction;
  /** No plan's `objectiveMilliseconds` is below this; 0 where the solver proves nothing. */
  readonly bound: number;
  /** How far above the bound the plan is at most: 0.02 is 2 %. 0 says optimal. */
  readonly gap: number;
  /** Who proved what; empty where nobody did. The highest of these bounds is `bound`. */
  readonly proofs: readonly Proof[];
  /** Why this is not the plan of the solver that was asked: its name and a sentence. */
  readonly instead?: string;
  /** Plans that lead to it, one after another, where it does not fit beside the one in force. Default: none has to. */
  readonly way?: readonly (readonly Segment[])[];
  /** Devices and links that were left out for what they reported. */
  readonly refusals: readonly Refusal[];
}

export type Outcome =
  | Planned
  /** No plan exists, and this is proven (`dynamic`: its algorithm ends without one). */
  | { readonly type: "infeasible"; readonly reason: string; readonly refusals: readonly Refusal[] }
  /** The solver came to no plan. `proof`: what it proved of any plan meanwhile. */
  | {
    readonly type: "unsolved";
    readonly reason: string;
    readonly proof?: Proof;
    readonly refusals: readonly Refusal[];
  };

/** Decides who runs what. Problems are checked first: `validate`. */
export type Solver = (problem: Problem, options?: SolveOptions) => Outcome | Promise<Outcome>;

/** Runs a solver's core on a problem that has been checked, or answers with what is wrong. */
export function solveChecked<T>(
  problem: Problem,
  core: (sound: Problem, refusals: readonly Refusal[]) => T,
): T | Outcome {
  const checked = validate(problem);
  return checked.type === "sound"
    ? core(checked.problem, checked.refusals)
    : { type: "infeasible", reason: checked.reason, refusals: [] };
}

/** Turns runs into a plan, checked by the cost model: a solver's slip becomes `unsolved`, never a wrong plan. */
export function planned(
  solver: string,
  problem: Problem,
  runs: readonly Run[],
  bound: number,
  refusals: readonly Refusal[],
): Outcome {
  const predicted = predict(problem, runs);
  if (predicted.type === "impossible") {
    return { type: "unsolved", reason: `The ${solver} solver's plan cannot be: ${predicted.reason}`, refusals };
  }
  const { prediction } = predicted;
  const gap = relativeGap(prediction.objectiveMilliseconds, bound);
  const kept = gap === 0 ? prediction.objectiveMilliseconds : bound;
  const segments = prediction.stages.map(({ device, first, last, bytes }) => ({ device, first, last, bytes }));
  return {
    type: "placed",
    solver,
    segments,
    prediction,
    bound: kept,
    gap,
    proofs: kept > 0 ? [{ solver, bound: kept }] : [],
    refusals,
  };
}

/** How far a value is above a bound, as a fraction of the value; rounding counts as nothing. */
export function relativeGap(value: number, bound: number): number {
  if (value <= bound * (1 + 1e-9) || value - bound <= 1e-12) return 0;
  return (value - bound) / value;
}
