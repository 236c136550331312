/** The assignment program solved by HiGHS: a proof, and often a plan, that shares nothing with the exact solver's. */
import type { Outcome, SolveOptions } from "./outcome.ts";
import { type Planned, planned, relativeGap, solveChecked } from "./outcome.ts";
import { columnsOf, type Flow, flowOf } from "./linear/flow.ts";
import { type Answer, solveProgram } from "./linear/highs.ts";
import { laneCounts } from "./lanes.ts";
import type { Problem, Run } from "./problem.ts";
import type { Refusal } from "./validate.ts";
import { weightsOf } from "./weights.ts";

/** Columns above which the program is too large for a solver in WebAssembly: it takes seconds to its first bound. */
const mostColumns = 60_000;
/** HiGHS works to tolerances: so much of a bound is not to be believed. */
const tolerance = 1e-6;

export interface LinearOptions extends SolveOptions {
  /** Columns above which the program is not tried. Default: 60,000. */
  readonly columns?: number;
}

/** Solves the program: min-sum for latency and LinguaLinked's objective, min-max for throughput. */
export function solveLinear(problem: Problem, options: LinearOptions = {}): Promise<Outcome> {
  return Promise.resolve(solveChecked(problem, async (sound, refusals): Promise<Outcome> => {
    const { now = () => 0, deadline = Infinity, gap = 0, columns: most = mostColumns } = options;
    const tables = laneCounts(sound).map((lanes) => weightsOf(sound, lanes));
    const columns = tables.reduce((sum, weights) => sum + columnsOf(weights), 0);
    if (columns > most) {
      const reason = `The program would have ${columns} columns; ${most} is the most: use the exact solver.`;
      return { type: "unsolved", reason, refusals };
    }
    const outcomes: Outcome[] = [];
    for (const [index, weights] of tables.entries()) {
      const seconds = (deadline - now()) / 1000 / (tables.length - index);
      if (seconds <= 0) return { type: "unsolved", reason: "No time was left to solve the program.", refusals };
      const flow = flowOf(weights);
      const outcome = outcomeOf(sound, flow, await solveProgram(flow.program, { seconds, gap }), refusals);
      // Memory and links do not depend on lanes.
      if (outcome.type === "infeasible") return outcome;
      outcomes.push(outcome);
    }
    return bestOf(outcomes);
  }));
}

/** The best of the plans for each number of lanes, with what is proven for all of them. */
function bestOf(outcomes: readonly Outcome[]): Outcome {
  const [first] = outcomes;
  if (first !== undefined && outcomes.length === 1) return first;
  let [best, bound]: [Planned | undefined, number] = [undefined, Infinity];
  for (const outcome of outcomes) {
    bound = Math.min(bound, outcome.type === "placed" ? outcome.bound : 0);
    if (outcome.type !== "placed") continue;
    const value = outcome.prediction.objectiveMilliseconds;
    if (best === undefined || value < best.prediction.objectiveMilliseconds) best = outcome;
  }
  if (best === undefined) return first ?? { type: "unsolved", reason: "There was nothing to solve.", refusals: [] };
  const gap = relativeGap(best.prediction.objectiveMilliseconds, bound);
  return { ...best, bound, gap, proofs: bound > 0 ? [{ solver: "linear", bound }] : [] };
}

/** What a program's solution says; its plan may do better in another number of lanes. */
function outcomeOf(problem: Problem, { runs, scale }: Flow, answer: Answer, refusals: readonly Refusal[]): Outcome {
  if (answer.type === "infeasible") {
    return { type: "infeasible", reason: "The assignment program has no solution.", refusals };
  }
  const { values, bound } = answer;
  const perToken = problem.objective === "throughput" ? problem.shape.outputTokens : 1;
  const proven = Math.max(0, bound * scale / perToken);
  if (values === undefined) {
    const reason = "HiGHS found no plan in the time that it had.";
    const proof = { solver: "linear", bound: proven * (1 - tolerance) };
    return { type: "unsolved", reason, refusals, ...(proven > 0 ? { proof } : {}) };
  }
  const chosen: Run[] = runs.filter((_, column) => (values[column] ?? 0) > 0.5)
    .toSorted((a, b) => a.first - b.first)
    .map(({ device, first, end }) => ({ device: problem.devices[device]?.device ?? "", first, last: end - 1 }));
  const outcome = planned("linear", problem, chosen, proven, refusals);
  if (outcome.type !== "placed") return outcome;
  const value = outcome.prediction.objectiveMilliseconds;
  // Nearer than the tolerances, a bound is the plan's own value.
  if (Math.abs(value - proven) <= tolerance * value) return planned("linear", problem, chosen, value, refusals);
  return planned("linear", problem, chosen, proven * (1 - tolerance), refusals);
}
