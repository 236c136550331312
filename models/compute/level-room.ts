/** What a segment runs one level of a model with. */
import { architectureAt } from "../elastic.ts";
import { keepsCache } from "../block-role.ts";
import { Caches } from "./caches.ts";
import type { Kernels } from "./kernels.ts";
import { LayerSurroundings } from "./layer-surroundings.ts";
import type { BlockFiles, SegmentRequest } from "./messages.ts";
import type { Positions } from "./positions.ts";
import type { Stage } from "./stage.ts";

type LayerFiles = Extract<BlockFiles, { readonly kind: "layer" }>;

/** The stages of a level, and caches of its own: what one level leaves there is of no use to another. */
export class LevelRoom {
  readonly level: number;
  /** Block by block; those of embedding and head are all levels'. */
  readonly stages: Stage[] = [];
  readonly caches: Caches;
  readonly #whole: LayerSurroundings;
  /** Of layers that are cut. */
  readonly #cut: LayerSurroundings;

  constructor(
    kernels: Kernels,
    { architecture, blocks, context, slots, levels = 1 }: SegmentRequest,
    positions: Positions,
    level: number,
  ) {
    this.level = level;
    const cut = architectureAt(architecture, levels, level);
    const heads = blocks.filter(isLayer).map((block) => (isCut(block, level) ? cut : architecture).kvHeads);
    this.caches = new Caches(kernels, { heads, headSize: architecture.headSize, slots, context });
    this.#whole = new LayerSurroundings(kernels, architecture, { caches: this.caches, positions });
    this.#cut = level === levels
      ? this.#whole
      : new LayerSurroundings(kernels, cut, { caches: this.caches, positions });
  }

  /** Where a layer's graph at this level lies, and what it runs in. */
  of(
    block: LayerFiles,
  ): { readonly files: Pick<LayerFiles, "graph" | "sha256">; readonly surroundings: LayerSurroundings } {
    const files = block.levels?.[this.level - 1];
    return files === undefined ? { files: block, surroundings: this.#whole } : { files, surroundings: this.#cut };
  }

  /** Lets go of it all; after the stages. */
  close(): void {
    for (const surroundings of new Set([this.#whole, this.#cut])) surroundings.close();
    this.caches.close();
  }
}

function isLayer(block: BlockFiles): block is LayerFiles {
  return keepsCache(block);
}

/** Whether a layer has a graph of its own at a level: an anchor, and every layer at the highest level, has none. */
function isCut({ levels }: LayerFiles, level: number): boolean {
  return levels?.[level - 1] !== undefined;
}
