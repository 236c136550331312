import type { Blob, Block, LayerPart, Manifest } from "./manifest.ts";

/** The blobs that a device needs to hold a block. */
export function blockBlobs(block: Block): readonly Blob[] {
  if (block.kind === "embed") return [block.weights];
  return partsOf(block).flatMap(({ graph, weights }) => [graph, weights]);
}

/** The blobs that a device needs beside its blocks where it holds the embedding, and so takes prompts: what reads them. */
export function readingBlobs({ tokenizer, elastic }: Pick<Manifest, "tokenizer" | "elastic">): readonly Blob[] {
  return elastic?.chooser === undefined ? [tokenizer] : [tokenizer, elastic.chooser];
}

/** Those of them that are weights. */
export function weightBlobs(block: Block): readonly Blob[] {
  return block.kind === "embed" ? [block.weights] : partsOf(block).map(({ weights }) => weights);
}

/** The graphs of a block. */
function partsOf(block: Exclude<Block, { readonly kind: "embed" }>): readonly Pick<LayerPart, "graph" | "weights">[] {
  if (block.kind === "head") return [block];
  if ("slices" in block) return block.slices.flatMap(({ attention, feedForward }) => [attention, feedForward]);
  return [block, ...block.levels ?? []];
}

/** All blobs of a model, each once. */
export function manifestBlobs(manifest: Manifest): readonly Blob[] {
  const all = [...readingBlobs(manifest), ...manifest.blocks.flatMap(blockBlobs)];
  return [...new Map(all.map((blob) => [blob.sha256, blob])).values()];
}
