/** What a segment runs one level of a model with. */
import { keepsCache } from "../block-role.ts";
import { architectureAt } from "../elastic.ts";
import { Caches } from "./caches.ts";
import type { Kernels } from "./kernels.ts";
import { layerStage } from "./layer-stage.ts";
import { LayerSurroundings } from "./layer-surroundings.ts";
import type { BlockFiles, GraphFile, SegmentRequest } from "./messages.ts";
import type { Positions } from "./positions.ts";
import { type SessionLease, type Sessions, whileLeased } from "./sessions.ts";
import { slicedStage } from "./sliced-stage.ts";
import type { Stage } from "./stage.ts";

type LayerFiles = Extract<BlockFiles, { readonly kind: "layer" }>;

/** The stages of a level, and caches of its own: what one level leaves there is of no use to another. */
export class LevelRoom {
  readonly level: number;
  readonly caches: Caches;
  readonly #levels: number;
  /** Of layers that are whole, or run slice by slice. */
  readonly #whole: LayerSurroundings;
  /** Of layers that are cut. */
  readonly #cut: LayerSurroundings;
  #stages: readonly Stage[] = [];
  #layers: readonly Stage[] = [];

  constructor(
    kernels: Kernels,
    { architecture, blocks, context, slots, levels = 1 }: SegmentRequest,
    positions: Positions,
    level: number,
  ) {
    [this.level, this.#levels] = [level, levels];
    const cut = architectureAt(architecture, levels, level);
    const heads = blocks.filter(isLayer).map((block) => {
      if ("slices" in block) return this.#first(block.slices).map(() => architecture.kvHeads / block.slices.length);
      return [(this.#cutFile(block) === undefined ? architecture : cut).kvHeads];
    });
    this.caches = new Caches(kernels, { heads, headSize: architecture.headSize, slots, context });
    const shared = { caches: this.caches, positions };
    this.#whole = new LayerSurroundings(kernels, architecture, shared);
    this.#cut = level === levels ? this.#whole : new LayerSurroundings(kernels, cut, shared);
  }

  /** Block by block, those of embedding and head are all levels'; none until it is opened. */
  get stages(): readonly Stage[] {
    return this.#stages;
  }

  get isOpen(): boolean {
    return this.#stages.length > 0;
  }

  /**
   * Loads the layers of `blocks` between embedding and head, which `ends` has at their places, or nothing of it. Graphs that
   * another level has loaded are shared. @throws {KernelError}
   */
  async open(blocks: readonly BlockFiles[], ends: ReadonlyMap<BlockFiles, Stage>, sessions: Sessions): Promise<void> {
    const [layers, stages] = [blocks.filter(isLayer), new Array<Stage>()];
    try {
      for (const block of layers) stages.push(await this.#load(block, stages.length, sessions));
    } catch (error) {
      for (const stage of stages) await stage.close();
      throw error;
    }
    this.#layers = [...stages];
    this.#stages = blocks.flatMap((block) => ends.get(block) ?? stages.shift() ?? []);
  }

  /** Loads a layer, the `index`-th of the caches. */
  async #load(block: LayerFiles, index: number, sessions: Sessions): Promise<Stage> {
    if ("slices" in block) return await this.#loadSlices(block.slices, index, sessions);
    return await this.#loadGraph(this.#cutFile(block), block, index, sessions);
  }

  async #loadGraph(cut: GraphFile | undefined, whole: GraphFile, index: number, sessions: Sessions): Promise<Stage> {
    const surroundings = cut === undefined ? this.#whole : this.#cut;
    return await whileLeased(sessions, [cut ?? whole], ([lease]) => {
      return layerStage(lease as SessionLease, index, surroundings);
    });
  }

  async #loadSlices(
    all: readonly { readonly attention: GraphFile; readonly feedForward: GraphFile }[],
    index: number,
    sessions: Sessions,
  ): Promise<Stage> {
    const files = this.#first(all).flatMap(({ attention, feedForward }) => [attention, feedForward]);
    return await whileLeased(sessions, files, (leases) => {
      const slices = Array.from({ length: leases.length / 2 }, (_, slice) => {
        return { attention: leases[2 * slice] as SessionLease, feedForward: leases[2 * slice + 1] as SessionLease };
      });
      return slicedStage(slices, { index, slices: all.length }, this.#whole);
    });
  }

  /** The slices that run here. At the highest level that is all, also for who opens a model with slices as one of one level. */
  #first<T>(slices: readonly T[]): readonly T[] {
    return this.level === this.#levels ? slices : slices.slice(0, this.level);
  }

  /** The graph of a small layer at this level. An anchor, and every layer at the highest level, has none but the whole. */
  #cutFile({ levels }: Extract<LayerFiles, GraphFile>): GraphFile | undefined {
    return this.level === this.#levels ? undefined : levels?.[this.level - 1];
  }

  /** Lets go of it all, but of the ends. */
  async close(): Promise<void> {
    for (const layer of this.#layers) await layer.close();
    [this.#layers, this.#stages] = [[], []];
    for (const surroundings of new Set([this.#whole, this.#cut])) surroundings.close();
    this.caches.close();
  }
}

function isLayer(block: BlockFiles): block is LayerFiles {
  return keepsCache(block);
}
