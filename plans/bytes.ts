/** Bytes that blocks take under a request shape, and how people read them. */
import type { BlockCost, CapacityProblem, RequestShape } from "./problem.ts";

/** Bytes a block takes: its weights, and its KV cache for all tokens that are held at once. */
export function blockBytes(block: BlockCost, shape: RequestShape): number {
  return block.weightBytes + block.kvBytesPerToken * cacheTokensOf(shape);
}

/** Tokens that the caches hold of all sequences together: one whole context at least, each sequence's at most. */
export function cacheTokensOf({ context, concurrency, cacheTokens = Infinity }: RequestShape): number {
  return Math.max(context, Math.min(cacheTokens, context * concurrency));
}

/** Bytes of the blocks `first` to `last`, both included. */
export function segmentBytes(problem: CapacityProblem, first: number, last: number): number {
  return problem.blocks.slice(first, last + 1).reduce((sum, block) => sum + blockBytes(block, problem.shape), 0);
}

/** Sizes as people write them: "1.5 GiB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
