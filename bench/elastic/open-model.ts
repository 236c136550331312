/** A model in Skein's own compute worker, with a level for each row. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { startLocalCompute } from "../../actors/daemon/start-compute.ts";
import { compileModel } from "../../models/compile/mod.ts";
import { blockFiles, type Compute, type ComputeSegment } from "../../models/compute/mod.ts";
import { levelsOf } from "../../models/elastic.ts";
import type { Manifest } from "../../models/manifest.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { type BlockStore, openBlockStore } from "../../models/store/mod.ts";
import { createTokenizer, parseBundle, type Tokenizer, type TokenizerBundle } from "../../models/text/mod.ts";

/** A level as it is run: a segment, and how many of its layers' slices; all of them where nothing is said. */
export interface Runnable {
  /** The same for what gives the same answers. */
  readonly key: string;
  readonly model: OpenModel;
  readonly segment: ComputeSegment;
  readonly level?: number;
}

/** A compiled model, loaded. */
export interface OpenModel extends AsyncDisposable {
  readonly manifest: Manifest;
  readonly compute: Compute;
  /** All blocks. */
  readonly segment: ComputeSegment;
  /** Its levels, from the least. */
  readonly runnables: readonly Runnable[];
  /** Loads what the model would be with some of its layers only, counted from 0, beside all of them. */
  openLayers(layers: readonly number[]): Promise<ComputeSegment>;
  readonly store: BlockStore;
  readonly bundle: TokenizerBundle;
  readonly tokenizer: Tokenizer;
  /** By which it is measured. */
  readonly now: Now;
}

/** Milliseconds since any moment. */
export type Now = () => number;

/** The clock on the wall. */
export const wall: Now = () => performance.now();

/**
 * What processors did for this process: with one thread that computes and others that wait for it, what the wall's clock would
 * tell if nobody else were there.
 */
export const processor: Now = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** The likeliest token. */
export const draws = { sampling: { ...defaultSampling, temperature: 0 }, history: new Int32Array(0) };

/** Compiles a model file into a folder of its own and loads it with so many slots; closing removes the folder. */
export async function openModel(path: string, slots: number, now: Now = wall): Promise<OpenModel> {
  const folder = await mkdtemp(join(tmpdir(), "skein-elastic-"));
  const compute = startLocalCompute({ threads: 1 });
  const close = async () => {
    await compute.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const store = await openBlockStore(folder);
    const manifest = await compileModel(path, { store });
    const { architecture } = manifest;
    const levels = levelsOf(manifest);
    const openLayers = (layers: readonly number[]): Promise<ComputeSegment> => {
      const kept = manifest.blocks.filter(({ kind, index }) => kind !== "layer" || layers.includes(index - 1));
      const blocks = kept.map((block) => blockFiles(block, store));
      return compute.open({ architecture, blocks, context: architecture.context, slots, levels: levels.length });
    };
    const segment = await openLayers(Array.from({ length: architecture.layers }, (_, layer) => layer));
    const bundle = parseBundle(JSON.parse(await readFile(store.path(manifest.tokenizer), "utf8")));
    const runnables: Runnable[] = [];
    const model: OpenModel = {
      manifest,
      compute,
      segment,
      openLayers,
      runnables,
      store,
      bundle,
      tokenizer: createTokenizer(bundle),
      now,
      [Symbol.asyncDispose]: close,
    };
    // A model without levels is asked for none.
    for (const level of levels) {
      const key = `${manifest.id} ${level < levels.length ? `level ${level}` : "whole"}`;
      runnables.push({ key, model, segment, ...levels.length === 1 ? {} : { level } });
    }
    return model;
  } catch (error) {
    await close();
    throw error;
  }
}
