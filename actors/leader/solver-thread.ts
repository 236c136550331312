/** The thread of `solver.ts`. */
import { serveThread } from "../../models/compute/mod.ts";
import { applyChanges, type Change, explain, parseChange, plan, predict, type Problem } from "../../plans/mod.ts";
import type { SolveAnswer, SolveRequest } from "./solver.ts";

/** A plan this close to the best is good enough: measurements are not better than that. */
const GAP = 0.02;
/** A search that takes longer is cut off, with the gap that is left. */
const SOLVE_MILLISECONDS = 5000;
const EXPLAIN_MILLISECONDS = 3000;

const now = () => performance.now();

serveThread((message, post) => {
  const { id, request } = message as { id: number; request: SolveRequest };
  try {
    post({ id, answer: answer(request) }, []);
  } catch (error) {
    post({ id, error: error instanceof Error ? error.message : String(error) }, []);
  }
});

function answer({ problem, current, changes, models = [], explain: explaining }: SolveRequest): SolveAnswer {
  const outcome = solve(problem);
  const predicted = current === undefined ? undefined : predict(problem, current);
  return {
    outcome,
    ...(predicted?.type === "possible" ? { current: predicted.prediction } : {}),
    ...(explaining && outcome.type === "placed"
      ? { explanation: explain(problem, outcome, { now, deadline: now() + EXPLAIN_MILLISECONDS, gap: GAP }) }
      : {}),
    ...(changes === undefined ? {} : { changed: change(problem, changes, models) }),
  };
}

function solve(problem: Problem) {
  return plan(problem, { now, deadline: now() + SOLVE_MILLISECONDS, gap: GAP });
}

function change(
  problem: Problem,
  texts: readonly string[],
  models: NonNullable<SolveRequest["models"]>,
): NonNullable<SolveAnswer["changed"]> {
  const changes: Change[] = [];
  for (const text of texts) {
    const parsed = parseChange(text);
    if (parsed.type === "invalid") return { invalid: parsed.reason };
    changes.push(parsed.change);
  }
  const blocksOf = (path: string) => models.find((model) => model.path === path)?.blocks;
  const changed = applyChanges(problem, changes, { blocksOf });
  return changed.type === "invalid" ? { invalid: changed.reason } : { outcome: solve(changed.problem) };
}
