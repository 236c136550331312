/** Where the blocks of a model lie on this device. */
import type { Blob, Block } from "../manifest.ts";
import type { BlockFiles } from "./messages.ts";

/** The files of a block in a store. */
export function blockFiles(block: Block, store: { path(blob: Blob): string }): BlockFiles {
  const { index } = block;
  if (block.kind === "embed") {
    return { index, kind: block.kind, table: block.table, weights: store.path(block.weights) };
  }
  const files = ({ graph }: { readonly graph: Blob }) => ({ graph: store.path(graph), sha256: graph.sha256 });
  if (block.kind === "head" || block.levels === undefined) return { index, kind: block.kind, ...files(block) };
  return { index, kind: block.kind, ...files(block), levels: block.levels.map(files) };
}
