/** The solvers by name, behind one interface, and the plan that a leader publishes. */
import { solveDynamic } from "./dynamic.ts";
import { solveExact } from "./exact.ts";
import { solveLinear } from "./linear.ts";
import type { Outcome, SolveOptions, Solver, SolverName } from "./outcome.ts";
import type { Problem } from "./problem.ts";
import { shortageOf } from "./shortage.ts";
import { validate } from "./validate.ts";

export const solvers: Readonly<Record<SolverName, Solver>> = {
  linear: solveLinear,
  dynamic: solveDynamic,
  exact: solveExact,
};

/** The best plan; where none exists, the reason says what is short, by how much, and what would make it fit. */
export function plan(problem: Problem, options: SolveOptions = {}): Outcome {
  const outcome = solveExact(problem, options);
  const checked = validate(problem);
  if (outcome.type !== "infeasible" || checked.type !== "sound") return outcome;
  const { reason, remedies } = shortageOf(checked.problem, options);
  const cures = remedies.length === 0 ? "" : ` What would make it fit: ${remedies.join(" ")}`;
  return { ...outcome, reason: reason + cures };
}
