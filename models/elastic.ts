/**
 * Elastic models (after ElastiLM, arXiv 2409.09071): a layer is made of slices, groups of attention heads and of feed-forward
 * neurons in the order of their importance, and a level is how many of them run, from the first. One copy of the weights
 * serves all levels; what a sequence leaves in the caches belongs to its level. Pure.
 */
import type { Architecture, Block, Elastic, Manifest } from "./manifest.ts";

/** How much of a prompt's own text is kept at each prompt level, from all of it: see `text/compress.ts`. */
export const PROMPT_SHARES = [1, 0.8, 0.6, 0.4, 0.2] as const;
/** Tokens that a chooser reads at most. */
export const CHOOSER_TOKENS = 512;

/** The slices of a layer, counted from 0; 1 for a layer that is always whole: an anchor, and every layer of another model. */
export function slicesOf(elastic: Elastic | undefined, layer: number): number {
  return elastic === undefined || elastic.anchors.includes(layer) ? 1 : elastic.slices;
}

/** The levels that a model has, from the least to all of it. */
export function levelsOf({ elastic }: Pick<Manifest, "elastic">): number[] {
  return Array.from({ length: elastic?.slices ?? 1 }, (_, index) => index + 1);
}

/** The share of a block's weights that runs at a level, 0 to 1: a layer's slices are of one size. */
export function shareOf(
  elastic: Elastic | undefined,
  { kind, index }: Pick<Block, "kind" | "index">,
  level: number,
): number {
  const slices = kind === "layer" ? slicesOf(elastic, index - 1) : 1;
  return slices === 1 || elastic === undefined ? 1 : Math.min(level, slices) / slices;
}

/** The sizes of a layer that is cut to `level` of `slices`. */
export function architectureAt(architecture: Architecture, slices: number, level: number): Architecture {
  const part = (whole: number) => whole * level / slices;
  const { heads, kvHeads, feedForward } = architecture;
  return { ...architecture, heads: part(heads), kvHeads: part(kvHeads), feedForward: part(feedForward) };
}

/** Bytes of weights that a loaded block holds at most, once all of its levels have run. */
export function residentBytes(block: Block): number {
  const levels = block.kind === "layer" && !("slices" in block) ? block.levels ?? [] : [];
  return levels.reduce((sum, { memoryBytes }) => sum + memoryBytes, block.memoryBytes);
}

/** Bytes of weights that a step at a level reads of a block. */
export function bytesAt(elastic: Elastic | undefined, block: Block, level: number): number {
  if (block.kind !== "layer") return block.memoryBytes;
  if ("slices" in block) return Math.round(shareOf(elastic, block, level) * block.memoryBytes);
  return block.levels?.[level - 1]?.memoryBytes ?? block.memoryBytes;
}
