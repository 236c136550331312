import type { BlockRuns } from "../block-runs.ts";

/** Blocks that are not here and that no device in reach gave: whoever was to load them is not to blame. */
export class BlocksMissingError extends Error {
  override readonly name = "BlocksMissingError";
  readonly blocks: BlockRuns;

  constructor(message: string, blocks: BlockRuns, options: ErrorOptions) {
    super(message, options);
    this.blocks = blocks;
  }
}
