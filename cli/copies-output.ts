/** Which blocks are on whose disk, in words. */
import { type BlockRuns, blocksIn, describeRuns, runsOf } from "../actors/block-runs.ts";
import type { ModelState } from "../actors/plan.ts";

/** A line that says who has which blocks of a model on disk, and which of them one device alone has; empty where nobody knows. */
export function describeCopies({ recall }: ModelState): string {
  const holders = recall?.holders ?? [];
  if (holders.length === 0) return "";
  const count = Math.max(...holders.flatMap(({ blocks }) => blocks.map(([, last]) => last + 1)));
  const has = ({ name, here, blocks }: typeof holders[number]) => {
    return `${name} ${rangesOf(blocks, count)}${here ? "" : " (away)"}`;
  };
  const sets = holders.filter(({ here }) => here).map(({ blocks }) => blocksIn(blocks));
  const single = Array.from({ length: count }, (_, block) => block).filter((block) => {
    return sets.filter((blocks) => blocks.has(block)).length === 1;
  });
  const alone = single.length === 0 ? "" : `; on one disk alone: ${rangesOf(runsOf(single), count)}`;
  return `on disk     ${holders.map(has).join(", ")}${alone}`;
}

function rangesOf(blocks: BlockRuns, count: number): string {
  const [run] = blocks;
  return run !== undefined && run[0] === 0 && run[1] === count - 1 ? "all" : describeRuns(blocks);
}
