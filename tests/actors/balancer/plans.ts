/** Plans in force, for tests of what moves them. */
import type { ActivePlan } from "../../../actors/plan.ts";
import type { Run } from "../../../plans/mod.ts";

/** A plan of the given runs, the `epoch`-th of its leader. */
export function planOf(epoch: number, runs: readonly Run[]): ActivePlan {
  return {
    number: { term: 1, epoch },
    model: { id: "a".repeat(64), name: "model", blocks: 8 },
    planner: "solver",
    context: 128,
    concurrency: 1,
    segments: runs.map((run) => ({
      ...run,
      name: run.device,
      bytes: 0,
      ref: { device: run.device, path: "/executor", incarnation: "1", channel: "tensors" },
    })),
  };
}

/** How many of eight blocks a holds; b has the others. */
export function splitAt(blocks: number): Run[] {
  return [{ device: "a", first: 0, last: blocks - 1 }, { device: "b", first: blocks, last: 7 }];
}
