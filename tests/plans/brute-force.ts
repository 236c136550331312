/** Every plan there is, tried: what the solvers are measured by. */
import { predict } from "../../plans/predict.ts";
import type { Problem, Run } from "../../plans/problem.ts";

/** The least objective over all contiguous plans with one run a device; Infinity where there is none. */
export function bruteForce(problem: Problem): { readonly value: number; readonly runs: readonly Run[] } {
  let best: { readonly value: number; readonly runs: readonly Run[] } = { value: Infinity, runs: [] };
  const extend = (runs: readonly Run[]): void => {
    const first = (runs.at(-1)?.last ?? -1) + 1;
    if (first === problem.blocks.length) {
      const predicted = predict(problem, runs);
      if (predicted.type === "impossible") return;
      const value = predicted.prediction.objectiveMilliseconds;
      if (value < best.value) best = { value, runs };
      return;
    }
    for (const { device } of problem.devices) {
      if (runs.some((run) => run.device === device)) continue;
      for (let last = first; last < problem.blocks.length; last++) extend([...runs, { device, first, last }]);
    }
  };
  extend([]);
  return best;
}
