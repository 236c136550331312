/** Where the blocks of a model lie on this device. */
import type { Blob, Block } from "../manifest.ts";
import type { BlockFiles } from "./messages.ts";

/** The files of a block in a store. */
export function blockFiles(block: Block, store: { path(blob: Blob): string }): BlockFiles {
  const { index } = block;
  if (block.kind === "embed") {
    return { index, kind: block.kind, table: block.table, weights: store.path(block.weights) };
  }
  return { index, kind: block.kind, graph: store.path(block.graph), sha256: block.graph.sha256 };
}
