/** The plan that a leader publishes: whoever is asked to place, and the exact solver where that one has nothing to run. */
import { solveExact } from "./exact.ts";
import type { Outcome, SolveOptions } from "./outcome.ts";
import type { Problem } from "./problem.ts";
import { shifted } from "./shift.ts";
import { shortageOf } from "./shortage.ts";
import { type SolverName, solvers } from "./solvers.ts";
import { validate } from "./validate.ts";

/** A plan that takes plans between to come to must be so many times better than one that can be loaded at once. */
const WORTH_A_DETOUR = 1.1;

export interface PlanOptions extends SolveOptions {
  /** Who places. Default: exact. */
  readonly solver?: SolverName;
}

/**
 * The plan that the mesh is to move to. Where the one in force stays loaded meanwhile, and one that does not fit beside it is
 * much better, that one, with the way to it.
 */
export async function plan(problem: Problem, options: PlanOptions = {}): Promise<Outcome> {
  const outcome = await place(problem, options);
  const checked = problem.current?.stays === true ? validate(problem) : undefined;
  const other = checked?.type === "sound" ? shifted(checked.problem, checked.refusals) : undefined;
  if (other?.way === undefined || other.way.length === 0) return outcome;
  if (outcome.type !== "placed") return other;
  const factor = outcome.prediction.objectiveMilliseconds / other.prediction.objectiveMilliseconds;
  return factor > WORTH_A_DETOUR ? other : outcome;
}

/**
 * The plan of the solver that is asked, or of `exact` where that one comes to none that devices could run, with `instead`
 * saying why. Where no plan exists, the reason says what is short, by how much, and what would make it fit.
 */
async function place(problem: Problem, { solver = "exact", ...options }: PlanOptions): Promise<Outcome> {
  const asked = solver === "exact" ? undefined : await solvers[solver](problem, half(options));
  const fault = asked === undefined ? undefined : unfit(asked);
  if (asked !== undefined && fault === undefined) return asked;
  const outcome = solveExact(problem, options);
  if (outcome.type === "infeasible") return withRemedies(problem, outcome, options);
  return fault === undefined || outcome.type !== "placed" ? outcome : { ...outcome, instead: `${solver}: ${fault}` };
}

/** The same with half of the time that is left: the rest is for who steps in. */
function half({ now = () => 0, deadline = Infinity, ...rest }: SolveOptions): SolveOptions {
  return { ...rest, now, deadline: now() + (deadline - now()) / 2 };
}

/** Why devices could not run what a solver answered; undefined where they can. */
function unfit(outcome: Outcome): string | undefined {
  if (outcome.type !== "placed") return outcome.reason;
  const devices = new Set(outcome.segments.map(({ device }) => device));
  // EdgeShard's Algorithm 1 may come back to a device; a device runs one segment.
  return devices.size < outcome.segments.length ? "its plan uses a device twice." : undefined;
}

function withRemedies(
  problem: Problem,
  outcome: Extract<Outcome, { type: "infeasible" }>,
  options: SolveOptions,
): Outcome {
  const checked = validate(problem);
  if (checked.type !== "sound") return outcome;
  const { reason, remedies } = shortageOf(checked.problem, options);
  const cures = remedies.length === 0 ? "" : ` What would make it fit: ${remedies.join(" ")}`;
  return { ...outcome, reason: reason + cures };
}
