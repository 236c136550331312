import type { Blob, Block, Manifest } from "./manifest.ts";

/** The blobs that a device needs to hold a block. */
export function blockBlobs(block: Block): readonly Blob[] {
  if (block.kind === "embed") return [block.weights];
  const levels = block.kind === "layer" ? block.levels ?? [] : [];
  return [block, ...levels].flatMap(({ graph, weights }) => [graph, weights]);
}

/** The blobs that a device needs beside its blocks where it holds the embedding, and so takes prompts: what reads them. */
export function readingBlobs({ tokenizer, elastic }: Pick<Manifest, "tokenizer" | "elastic">): readonly Blob[] {
  return elastic?.chooser === undefined ? [tokenizer] : [tokenizer, elastic.chooser];
}

/** All blobs of a model, each once. */
export function manifestBlobs(manifest: Manifest): readonly Blob[] {
  const all = [...readingBlobs(manifest), ...manifest.blocks.flatMap(blockBlobs)];
  return [...new Map(all.map((blob) => [blob.sha256, blob])).values()];
}
