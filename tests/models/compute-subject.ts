/** A small compiled model and a compute worker, and how tests run rows through its segments. */
import { join } from "node:path";
import { startLocalCompute } from "../../actors/daemon/start-compute.ts";
import { compileModel, type Quantize } from "../../models/compile/mod.ts";
import {
  type BlockFiles,
  blockFiles,
  type ComputeSegment,
  type LocalCompute,
  type StepRow,
} from "../../models/compute/mod.ts";
import type { Manifest } from "../../models/manifest.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { syntheticModel, writeFolder } from "./synthetic-model.ts";
import { withFolder } from "./temporary.ts";

export const CONTEXT = 64;
export const SLOTS = 4;

export interface Subject {
  readonly compute: LocalCompute;
  readonly manifest: Manifest;
  readonly blocks: readonly BlockFiles[];
}

/** A small model of four layers, quantised as real ones are, and a worker. */
export async function withSubject(
  quantize: Quantize,
  action: (subject: Subject) => Promise<void>,
  model = syntheticModel("qwen3", { layers: 4 }),
): Promise<void> {
  await withCompiled((folder) => writeFolder(folder, model), action, { quantize });
}

/** The model that `write` writes below a folder, returning its path, and a worker. */
export async function withCompiled(
  write: (path: string) => Promise<string>,
  action: (subject: Subject) => Promise<void>,
  { quantize = "keep", ...more }: { readonly quantize?: Quantize; readonly largeLayer?: number } = {},
): Promise<void> {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const manifest = await compileModel(await write(join(folder, "model")), { store, quantize, ...more });
    await using compute = startLocalCompute({ threads: 1 });
    await action({ compute, manifest, blocks: manifest.blocks.map((block) => blockFiles(block, store)) });
  });
}

/** Opens segments that end before each of `cuts`. */
export async function openSegments(
  { compute, manifest, blocks }: Subject,
  cuts: readonly number[],
): Promise<ComputeSegment[]> {
  const ends = [...cuts, blocks.length];
  return await Promise.all(ends.map((end, index) => {
    const own = blocks.slice(index === 0 ? 0 : ends[index - 1], end);
    const { architecture, elastic } = manifest;
    const levels = elastic?.slices ?? 1;
    return compute.open({ architecture, blocks: own, context: CONTEXT, slots: SLOTS, levels });
  }));
}

/** Runs rows through all segments; returns the rows' logits [tokens, vocabulary]. */
export async function run(
  segments: readonly ComputeSegment[],
  rows: readonly StepRow[],
  tokens: readonly number[],
): Promise<readonly (Float32Array | undefined)[]> {
  let hidden: Float32Array | undefined;
  let result;
  for (const [index, segment] of segments.entries()) {
    result = await segment.step({
      rows,
      tokens: index === 0 ? Int32Array.from(tokens) : new Int32Array(0),
      ...(hidden === undefined ? {} : { hidden }),
    });
    hidden = result.hidden;
  }
  return result?.logits ?? [];
}

/** A row that asks for logits: one token as in decode, several as a prompt. */
export function row(slot: number, position: number, count: number): StepRow {
  return { slot, position, count, attention: count === 1 ? "single" : "chunk", output: "logits" };
}
