/** Where the blocks of a model lie on this device. */
import type { Blob, Block } from "../manifest.ts";
import type { BlockFiles, GraphFile } from "./messages.ts";

/** The files of a block in a store. */
export function blockFiles(block: Block, store: { path(blob: Blob): string }): BlockFiles {
  const { index } = block;
  if (block.kind === "embed") {
    return { index, kind: block.kind, table: block.table, weights: store.path(block.weights) };
  }
  const files = ({ graph }: { readonly graph: Blob }): GraphFile => ({
    graph: store.path(graph),
    sha256: graph.sha256,
  });
  if ("slices" in block) {
    const slices = block.slices.map(({ attention, feedForward }) => {
      return { attention: files(attention), feedForward: files(feedForward) };
    });
    return { index, kind: block.kind, slices };
  }
  if (block.kind === "head") return { index, kind: block.kind, ...files(block) };
  const levels = block.levels === undefined ? {} : { levels: block.levels.map(files) };
  return { index, kind: block.kind, ...files(block), ...levels };
}
