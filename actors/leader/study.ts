/** What the planning thread computes for a request. Pure but for the clock that it is given. */
import {
  applyChanges,
  type Change,
  explain,
  type Outcome,
  parseChange,
  plan,
  type Planned,
  predict,
  type Problem,
  secondOpinion,
  type SolverName,
} from "../../plans/mod.ts";
import type { SolveAnswer, SolveRequest } from "./solver.ts";

/** A plan this close to the best is good enough: measurements are not better than that. */
const GAP = 0.02;
/** A search that takes longer is cut off, with the gap that is left. */
const SOLVE_MILLISECONDS = 5000;
const EXPLAIN_MILLISECONDS = 3000;
/** HiGHS proves meshes of a few devices in a tenth of this; of what it has not proven by then, it proves little later. */
const OPINION_MILLISECONDS = 2000;

/** Milliseconds that only grow. */
type Now = () => number;

/** Plans, predicts, explains and wonders, as the request asks. */
export async function answer(request: SolveRequest, now: Now): Promise<SolveAnswer> {
  const { problem, solver, current, changes, models = [] } = request;
  const outcome = await solve(problem, solver, now);
  const predicted = current === undefined ? undefined : predict(problem, current);
  return {
    outcome,
    ...(predicted?.type === "possible" ? { current: predicted.prediction } : {}),
    ...(request.explain && outcome.type === "placed" ? { explanation: explained(problem, outcome, now) } : {}),
    ...(changes === undefined ? {} : { changed: await change(request, changes, models, now) }),
  };
}

/** The same answer with HiGHS's opinion on its plan; undefined where there is no plan to have one on. */
export async function reconsider(
  { problem, solver, explain: explaining }: SolveRequest,
  first: SolveAnswer,
  now: Now,
): Promise<SolveAnswer | undefined> {
  // What is proven of plans that can be loaded at once says nothing of one that takes others to come to.
  if (first.outcome.type !== "placed" || first.outcome.way !== undefined) return undefined;
  const standing = solver === undefined || solver === "exact" ? "better" : "first";
  const outcome = await secondOpinion(problem, first.outcome, {
    now,
    deadline: now() + OPINION_MILLISECONDS,
    standing,
  });
  const other = outcome.solver !== first.outcome.solver;
  return { ...first, outcome, ...(other && explaining ? { explanation: explained(problem, outcome, now) } : {}) };
}

function solve(problem: Problem, solver: SolverName = "exact", now: Now): Promise<Outcome> {
  return plan(problem, { solver, now, deadline: now() + SOLVE_MILLISECONDS, gap: GAP });
}

function explained(problem: Problem, outcome: Planned, now: Now) {
  // A plan that takes others to come to is explained by what there is room for once they have given way.
  const { current } = problem;
  const free = outcome.way !== undefined && current !== undefined;
  return explain(free ? { ...problem, current: { ...current, stays: false } } : problem, outcome, {
    now,
    deadline: now() + EXPLAIN_MILLISECONDS,
    gap: GAP,
  });
}

async function change(
  { problem, solver, current }: SolveRequest,
  texts: readonly string[],
  models: NonNullable<SolveRequest["models"]>,
  now: Now,
): Promise<NonNullable<SolveAnswer["changed"]>> {
  const changes: Change[] = [];
  for (const text of texts) {
    const parsed = parseChange(text);
    if (parsed.type === "invalid") return { invalid: parsed.reason };
    changes.push(parsed.change);
  }
  const blocksOf = (path: string) => models.find((model) => model.path === path)?.blocks;
  const changed = applyChanges(problem, changes, { blocksOf });
  if (changed.type === "invalid") return { invalid: changed.reason };
  const predicted = current === undefined ? undefined : predict(changed.problem, current);
  return {
    outcome: await solve(changed.problem, changed.solver ?? solver, now),
    ...(predicted?.type === "possible" ? { current: predicted.prediction } : {}),
  };
}
