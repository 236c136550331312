/** What mirrors cost the answers that they are for: copies are read, sent and written beside the steps. Pure. */
import type { Problem, Run } from "./problem.ts";

/** How copies go out: a piece holds so many bytes or positions, or what came in so many milliseconds. */
export interface Pieces {
  readonly bytes: number;
  readonly positions: number;
  readonly milliseconds: number;
}

/**
 * What a piece takes of a step's way, measured (`npm run bench:mirrors`): the built-in model's tokens take 3.6% longer with
 * mirrors, those of a model of TinyLlama's shape, whose pieces are full, 1.2%.
 */
const PIECE_MILLISECONDS = 1;
const MILLISECONDS_PER_BYTE = 6e-6;

/** Mirrors that take more of a token's time than this are not made by themselves. */
export const WORTH_MIRRORS = 0.02;

/** The share of a token's time that mirrors of all these runs take; `tokenMilliseconds` from token to token of one answer. */
export function mirrorShare(
  problem: Problem,
  runs: readonly Run[],
  tokenMilliseconds: number,
  pieces: Pieces,
): number {
  if (!(tokenMilliseconds > 0)) return 0;
  const spent = runs.reduce((sum, { first, last }) => {
    const bytes = problem.blocks.slice(first, last + 1).reduce((total, block) => total + block.kvBytesPerToken, 0);
    // A run without layers has no caches to copy.
    if (bytes === 0) return sum;
    const full = Math.max(1, Math.min(pieces.positions, Math.floor(pieces.bytes / bytes)));
    const positions = Math.max(1, Math.min(full, Math.floor(pieces.milliseconds / tokenMilliseconds)));
    return sum + PIECE_MILLISECONDS / positions + MILLISECONDS_PER_BYTE * bytes;
  }, 0);
  return spent / tokenMilliseconds;
}
