/**
 * The kernels alone: Skein's compute worker on the whole model, with no actor, mesh or client around it. What it takes is what
 * a device cannot be faster than, and what the rest costs is seen beside it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalCompute } from "../../actors/daemon/start-compute.ts";
import { compileModel } from "../../models/compile/mod.ts";
import { type Attention, blockFiles, type ComputeSegment } from "../../models/compute/mod.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { type Contestant, promptOf } from "./contestant.ts";

/** Tokens of a prompt that are read at once. */
const CHUNK = 128;

export interface KernelsOptions {
  readonly threads: number;
  /** Rows that a step has at most. */
  readonly rows: number;
}

/** A sequence in a slot of its own. */
interface Sequence {
  readonly slot: number;
  position: number;
  /** The token that comes next. */
  next: number;
}

export async function startKernels(model: string, { threads, rows }: KernelsOptions): Promise<Contestant> {
  const folder = await mkdtemp(join(tmpdir(), "skein-bench-"));
  const compute = startLocalCompute({ threads });
  const store = await openBlockStore(folder);
  const { architecture, blocks: all } = await compileModel(model, { store });
  const blocks = all.map((block) => blockFiles(block, store));
  const segment = await compute.open({ architecture, blocks, context: architecture.context, slots: rows });
  return {
    async measure(promptTokens, tokens) {
      const began = performance.now();
      const sequence = await readPrompt(segment, 0, promptOf(promptTokens));
      const first = performance.now();
      for (let count = 0; count < tokens; count++) await step(segment, [sequence]);
      return { prefill: first - began, decode: (performance.now() - first) / tokens };
    },
    async together(prompts, tokens) {
      const sequences: Sequence[] = [];
      for (let slot = 0; slot < prompts; slot++) {
        sequences.push(await readPrompt(segment, slot, promptOf(16, slot)));
      }
      const began = performance.now();
      for (let count = 0; count < tokens; count++) await step(segment, sequences);
      return prompts * tokens / (performance.now() - began) * 1000;
    },
    memory: () => Promise.resolve([]),
    async [Symbol.asyncDispose]() {
      await compute.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function readPrompt(segment: ComputeSegment, slot: number, ids: readonly number[]): Promise<Sequence> {
  let next = 0;
  for (let position = 0; position < ids.length; position += CHUNK) {
    const part = ids.slice(position, position + CHUNK);
    const row = rowOf(slot, position, part.length, "chunk");
    const { tokens: [drawn] } = await segment.step({ rows: [row], tokens: Int32Array.from(part) });
    next = drawn?.[0] ?? 0;
  }
  return { slot, position: ids.length, next };
}

/** A token of each sequence. */
async function step(segment: ComputeSegment, sequences: readonly Sequence[]): Promise<void> {
  const rows = sequences.map(({ slot, position }) => rowOf(slot, position, 1, "single", sequences.length > 1));
  const { tokens } = await segment.step({ rows, tokens: Int32Array.from(sequences, ({ next }) => next) });
  for (const [index, sequence] of sequences.entries()) {
    sequence.position++;
    sequence.next = tokens[index]?.[0] ?? 0;
  }
}

function rowOf(slot: number, position: number, count: number, attention: Attention, shared = false) {
  return {
    slot,
    position,
    count,
    attention,
    shared,
    output: { sampling: defaultSampling, history: new Int32Array(0) },
  };
}
