/** Whether moving pays, and whether there is room for it. Pure. */
import { blockBytes, formatBytes, type Prediction, type Problem, type Run, segmentBytes } from "../../plans/mod.ts";
import { REQUESTS_PER_MOVE } from "./planning.ts";

/** A move must have paid within this time, at the pace of the last seconds. */
export const HORIZON_MILLISECONDS = 600_000;

/** Two plans under the same measurements, and how much is asked of the mesh. */
export interface Bargain {
  readonly current: Prediction;
  readonly best: Prediction;
  readonly throughput: boolean;
  readonly tokensPerSecond: number;
}

/**
 * Milliseconds that readers gain within the horizon, and that the move takes: blocks that are fetched, and a prompt that is
 * read again.
 */
export function bargainOf(
  { current, best, throughput, tokensPerSecond }: Bargain,
): { readonly gained: number; readonly spent: number } {
  const of = (plan: Prediction) => throughput ? 1000 / plan.tokensPerSecond : plan.tpotMilliseconds;
  const tokens = tokensPerSecond * HORIZON_MILLISECONDS / 1000;
  return {
    gained: (of(current) - of(best)) * tokens,
    spent: best.ttftMilliseconds + best.movingMilliseconds * REQUESTS_PER_MOVE,
  };
}

/**
 * Why a plan cannot be loaded while the one in force goes on, a sentence; undefined where it can. Blocks that a device has
 * already are shared between both, others come on top.
 */
export function lackOfRoom(problem: Problem, inForce: readonly Run[], next: readonly Run[]): string | undefined {
  for (const { device, first, last } of next) {
    const here = inForce.find((run) => run.device === device);
    const holds = (block: number) => here !== undefined && here.first <= block && block <= here.last;
    const added = problem.blocks.reduce((sum, block, index) => {
      return index < first || index > last || holds(index) ? sum : sum + blockBytes(block, problem.shape);
    }, 0);
    if (added === 0) continue;
    const needed = added + (here === undefined ? 0 : segmentBytes(problem, here.first, here.last));
    const { usableBytes = 0, name = device } = problem.devices.find((candidate) => candidate.device === device) ?? {};
    if (needed > usableBytes) {
      return `${name} would need ${formatBytes(needed)} while both plans are loaded, and has ${
        formatBytes(usableBytes)
      }`;
    }
  }
  return undefined;
}
