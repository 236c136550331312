/** Sets of blocks as runs: short to send, easy to read. Pure. */
import * as v from "valibot";
import { Count } from "./wire.ts";

/** Blocks of the largest model that anybody describes: see `models/validate-manifest.ts`. */
const MAX_BLOCKS = 1026;

const BlockIndex = v.pipe(Count, v.maxValue(MAX_BLOCKS - 1));

/** Runs of blocks, first and last of each, both included; a set of them in no order. */
export const BlockRuns = v.pipe(
  v.array(v.pipe(v.tuple([BlockIndex, BlockIndex]), v.check(([first, last]) => first <= last, "a run ends early"))),
  v.maxLength(MAX_BLOCKS / 2),
);
export type BlockRuns = v.InferOutput<typeof BlockRuns>;

/** The runs that hold these blocks and no others, in order. */
export function runsOf(blocks: Iterable<number>): BlockRuns {
  const runs: BlockRuns = [];
  for (const block of [...new Set(blocks)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === block - 1) run[1] = block;
    else runs.push([block, block]);
  }
  return runs;
}

/** The blocks in these runs. */
export function blocksIn(runs: BlockRuns): Set<number> {
  return new Set(runs.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at)));
}

/** As people read them: "0 to 3, 5". */
export function describeRuns(runs: BlockRuns): string {
  return runs.map(([first, last]) => first === last ? `${first}` : `${first} to ${last}`).join(", ");
}
