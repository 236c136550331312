/** Runs rows through a contiguous run of blocks, each a stage: look-up, layers over the KV caches in place, head. */
import { givesLogits, keepsCache, takesTokens } from "../block-role.ts";
import { type Batch, batchRows } from "./batches.ts";
import { Caches } from "./caches.ts";
import { Embedding } from "./embedding.ts";
import { embeddingStage } from "./embedding-stage.ts";
import { headStage } from "./head-stage.ts";
import type { Kernels } from "./kernels.ts";
import { layerStage } from "./layer-stage.ts";
import type { BlockFiles, SegmentRequest, StepRequest, StepResult } from "./messages.ts";
import { Positions } from "./positions.ts";
import type { Sessions } from "./sessions.ts";
import { slowDown } from "./slow-down.ts";
import type { Pass, Stage } from "./stage.ts";
import { HiddenStates } from "./states.ts";

/** What segments run with. */
export interface Bench {
  readonly kernels: Kernels;
  readonly sessions: Sessions;
  /** Emulates a device so many times slower: 1 for none. */
  readonly slowdown: number;
}

/** A loaded segment. One step at a time. */
export class SegmentRunner {
  readonly caches: Caches;
  readonly #request: SegmentRequest;
  readonly #slowdown: number;
  readonly #states: HiddenStates;
  readonly #positions: Positions;
  readonly #stages: Stage[] = [];

  private constructor(request: SegmentRequest, { kernels, slowdown }: Bench) {
    const { architecture, blocks, context, slots } = request;
    this.#request = request;
    this.#slowdown = slowdown;
    this.#states = new HiddenStates(kernels, architecture.width);
    this.#positions = new Positions(kernels, architecture, { context, slots });
    this.caches = new Caches(kernels, architecture, { layers: blocks.filter(keepsCache).length, context, slots });
  }

  /** Loads a segment; what was loaded is let go again when a block fails. */
  static async open(request: SegmentRequest, bench: Bench): Promise<SegmentRunner> {
    const runner = new SegmentRunner(request, bench);
    try {
      for (const block of request.blocks) runner.#stages.push(await runner.#load(block, bench));
      return runner;
    } catch (error) {
      await runner.close();
      throw error;
    }
  }

  async #load(block: BlockFiles, { kernels, sessions }: Bench): Promise<Stage> {
    const { architecture, blocks } = this.#request;
    switch (block.kind) {
      case "embed":
        return embeddingStage(new Embedding(block.weights, block.table, architecture.width), architecture.width);
      case "layer": {
        const place = blocks.filter(keepsCache).indexOf(block);
        const lease = await sessions.lease(block.sha256, block.graph);
        return layerStage(lease, place, { caches: this.caches, positions: this.#positions });
      }
      case "head":
        return headStage(await sessions.lease(block.sha256, block.graph), kernels, architecture);
      default:
        return block satisfies never;
    }
  }

  async close(): Promise<void> {
    for (const stage of this.#stages.splice(0)) await stage.close();
    this.#states.close();
    this.#positions.close();
    this.caches.close();
  }

  /** Runs one step. @throws {RangeError} for rows outside the slots, the context or the arrays. */
  async step(step: StepRequest): Promise<StepResult> {
    const { architecture: { width }, blocks } = this.#request;
    const offsets = this.#validate(step);
    const samples = givesLogits(blocks);
    const hidden = samples ? undefined : new Float32Array((offsets.at(-1) ?? 0) * width);
    const result = {
      tokens: samples ? step.rows.map(() => -1) : [],
      logits: samples ? step.rows.map((): StepResult["logits"][number] => undefined) : [],
    };
    const blockMilliseconds = blocks.map(() => 0);
    for (const batch of batchRows(step.rows)) {
      await this.#pass({ step, batch, offsets, states: this.#states, result }, blockMilliseconds);
      if (hidden !== undefined) this.#scatter(batch, offsets, hidden);
    }
    return { ...result, ...(hidden === undefined ? {} : { hidden }), blockMilliseconds };
  }

  /** Takes one batch through all stages. */
  async #pass(pass: Pass, blockMilliseconds: number[]): Promise<void> {
    const { step, batch, offsets } = pass;
    this.#states.begin(batch.rows.length, batch.count);
    this.#positions.set(batch.rows.map((row) => (step.rows[row]?.position ?? 0) + batch.count - 1));
    if (step.hidden !== undefined) this.#gather(step.hidden, batch, offsets);
    for (const [index, stage] of this.#stages.entries()) {
      const begin = performance.now();
      await stage.run(pass);
      const took = slowDown(performance.now() - begin, this.#slowdown);
      blockMilliseconds[index] = (blockMilliseconds[index] ?? 0) + took;
    }
  }

  /** Puts the batch's rows of `hidden` one behind another. */
  #gather(hidden: Float32Array, { rows, count }: Batch, offsets: readonly number[]): void {
    const { width } = this.#request.architecture;
    for (const [place, row] of rows.entries()) {
      const offset = (offsets[row] ?? 0) * width;
      this.#states.values.set(hidden.subarray(offset, offset + count * width), place * count * width);
    }
  }

  /** Puts the batch's states back where its rows are in `hidden`. */
  #scatter({ rows, count }: Batch, offsets: readonly number[], hidden: Float32Array): void {
    const { width } = this.#request.architecture;
    const size = count * width;
    for (const [place, row] of rows.entries()) {
      hidden.set(this.#states.values.subarray(place * size, (place + 1) * size), (offsets[row] ?? 0) * width);
    }
  }

  /** Checks the rows; returns where each row's tokens start, and the total as the last element. */
  #validate(step: StepRequest): number[] {
    const { slots, context, blocks, architecture: { width } } = this.#request;
    const offsets = [0];
    for (const { slot, position, count } of step.rows) {
      if (slot < 0 || slot >= slots) {
        throw new RangeError(`A step names cache slot ${slot}; this segment has ${slots}.`);
      }
      if (count < 1 || position < 0 || position + count > context) {
        throw new RangeError(`A step runs positions ${position} to ${position + count}; the context is ${context}.`);
      }
      offsets.push((offsets.at(-1) ?? 0) + count);
    }
    const total = offsets.at(-1) ?? 0;
    const [given, wanted] = takesTokens(blocks) ? [step.tokens.length, total] : [step.hidden?.length, total * width];
    if (given !== wanted) {
      throw new RangeError(`A step of ${total} tokens came with ${given} values instead of ${wanted}.`);
    }
    return offsets;
  }
}
