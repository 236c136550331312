/** Runs rows through a contiguous run of blocks: look-up, layers over the KV caches in place, head, sampling. */
import "./no-telemetry.ts";
import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { Architecture } from "../manifest.ts";
import { ropeCaches } from "../onnx/rope.ts";
import { sample } from "../sampling/mod.ts";
import { type Batch, batchRows } from "./batches.ts";
import { Embedding } from "./embedding.ts";
import { LayerCache } from "./layer-cache.ts";
import type { SegmentRequest, StepRequest, StepResult, StepRow } from "./messages.ts";
import type { SessionLease, Sessions } from "./sessions.ts";
import { slowDown } from "./slow-down.ts";

interface Layer {
  readonly session: InferenceSession;
  readonly cache: LayerCache;
}

/** A loaded segment. One step at a time. */
export class SegmentRunner {
  readonly #architecture: Architecture;
  readonly #context: number;
  readonly #slots: number;
  readonly #blocks: number;
  readonly #slowdown: number;
  readonly #leases: SessionLease[] = [];
  readonly #layers: Layer[] = [];
  readonly #cos: Tensor;
  readonly #sin: Tensor;
  #embedding: Embedding | undefined;
  #head: InferenceSession | undefined;
  /** Time of each block in the step under way, in the order of the blocks. */
  #blockMilliseconds: number[] = [];
  /** Hidden states go back and forth between two buffers, the input of one layer being the output of the one before. */
  #scratch: [Float32Array, Float32Array] = [new Float32Array(0), new Float32Array(0)];

  private constructor(request: SegmentRequest, slowdown: number) {
    this.#slowdown = slowdown;
    this.#architecture = request.architecture;
    this.#context = request.context;
    this.#slots = request.slots;
    this.#blocks = request.blocks.length;
    const { cos, sin } = ropeCaches(request.architecture, request.context);
    const dims = [request.context, request.architecture.headSize / 2];
    this.#cos = new Tensor("float32", cos, dims);
    this.#sin = new Tensor("float32", sin, dims);
  }

  /** Loads a segment; what was loaded is let go again when a block fails. */
  static async open(request: SegmentRequest, sessions: Sessions, slowdown: number): Promise<SegmentRunner> {
    const runner = new SegmentRunner(request, slowdown);
    try {
      for (const block of request.blocks) {
        if (block.kind === "embed") {
          runner.#embedding = new Embedding(block.weights, block.table, request.architecture.width);
          continue;
        }
        const lease = await sessions.lease(block.sha256, block.graph);
        runner.#leases.push(lease);
        if (block.kind === "head") runner.#head = lease.session;
        else {
          const cache = new LayerCache(request.architecture, request.context, request.slots);
          runner.#layers.push({ session: lease.session, cache });
        }
      }
      return runner;
    } catch (error) {
      await runner.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#embedding?.close();
    for (const lease of this.#leases.splice(0)) await lease.release();
  }

  /** Runs one step. @throws {RangeError} for rows outside the slots, the context or the arrays. */
  async step(request: StepRequest): Promise<StepResult> {
    const { width } = this.#architecture;
    const offsets = this.#validate(request);
    this.#blockMilliseconds = new Array<number>(this.#blocks).fill(0);
    const total = offsets.at(-1) ?? 0;
    const result = { tokens: new Array<number>(), logits: new Array<Float32Array | undefined>() };
    const hidden = this.#head === undefined ? new Float32Array(total * width) : undefined;
    if (this.#head !== undefined) {
      result.tokens = request.rows.map(() => -1);
      result.logits = request.rows.map(() => undefined);
    }
    for (const batch of batchRows(request.rows)) {
      let states = this.#gather(request, batch, offsets);
      states = await this.#runLayers(states, request.rows, batch);
      if (hidden === undefined) await this.#runHead(states, request.rows, batch, result);
      else {
        for (const [place, row] of batch.rows.entries()) {
          const size = batch.count * width;
          hidden.set(states.subarray(place * size, (place + 1) * size), (offsets[row] ?? 0) * width);
        }
      }
    }
    return { ...result, ...(hidden === undefined ? {} : { hidden }), blockMilliseconds: this.#blockMilliseconds };
  }

  /** Checks the rows; returns where each row's tokens start, and the total as the last element. */
  #validate(request: StepRequest): number[] {
    const offsets = [0];
    for (const row of request.rows) {
      if (row.slot < 0 || row.slot >= this.#slots) {
        throw new RangeError(`A step names cache slot ${row.slot}; this segment has ${this.#slots}.`);
      }
      if (row.count < 1 || row.position < 0 || row.position + row.count > this.#context) {
        throw new RangeError(
          `A step runs positions ${row.position} to ${row.position + row.count}; the context is ${this.#context}.`,
        );
      }
      offsets.push((offsets.at(-1) ?? 0) + row.count);
    }
    const total = offsets.at(-1) ?? 0;
    const given = this.#embedding === undefined ? request.hidden?.length : request.tokens.length;
    const wanted = this.#embedding === undefined ? total * this.#architecture.width : total;
    if (given !== wanted) {
      throw new RangeError(`A step of ${total} tokens came with ${given} values instead of ${wanted}.`);
    }
    return offsets;
  }

  /** The batch's input [rows, count, width], in a buffer that may be overwritten. */
  #gather(request: StepRequest, batch: Batch, offsets: readonly number[]): Float32Array {
    const begin = performance.now();
    const { width } = this.#architecture;
    const size = batch.count * width;
    const states = this.#buffer(0, batch.rows.length * size);
    for (const [place, row] of batch.rows.entries()) {
      const offset = offsets[row] ?? 0;
      const target = states.subarray(place * size, (place + 1) * size);
      if (this.#embedding !== undefined) {
        this.#embedding.read(request.tokens.subarray(offset, offset + batch.count), target);
      } else if (request.hidden !== undefined) {
        target.set(request.hidden.subarray(offset * width, offset * width + size));
      }
    }
    if (this.#embedding !== undefined) this.#took(0, begin);
    return states;
  }

  async #runLayers(states: Float32Array, rows: readonly StepRow[], batch: Batch): Promise<Float32Array> {
    const { width } = this.#architecture;
    const dims = [batch.rows.length, batch.count, width];
    const lengths = Int32Array.from(batch.rows, (row) => (rows[row]?.position ?? 0) + batch.count - 1);
    const seqlens = new Tensor("int32", lengths, [lengths.length]);
    const total = new Tensor("int32", Int32Array.of(Math.max(...lengths) + 1), []);
    let [from, to] = [
      new Tensor("float32", states, dims),
      new Tensor("float32", this.#buffer(1, states.length), dims),
    ];
    for (const [layer, { session, cache }] of this.#layers.entries()) {
      const begin = performance.now();
      const { key, value } = cache.view(batch.slot, batch.rows.length);
      await session.run({
        hidden: from,
        past_key: key,
        past_value: value,
        seqlens_k: seqlens,
        total_sequence_length: total,
        cos_cache: this.#cos,
        sin_cache: this.#sin,
      }, { hidden_out: to, present_key: key, present_value: value });
      [from, to] = [to, from];
      this.#took((this.#embedding === undefined ? 0 : 1) + layer, begin);
    }
    return from.data as Float32Array;
  }

  async #runHead(
    states: Float32Array,
    rows: readonly StepRow[],
    batch: Batch,
    result: { tokens: number[]; logits: (Float32Array | undefined)[] },
  ): Promise<void> {
    const { width, vocabulary } = this.#architecture;
    const wanting = [...batch.rows.entries()].filter(([, row]) => rows[row]?.output !== "none");
    for (const [place, row] of wanting.filter(([, row]) => rows[row]?.output === "logits")) {
      const size = batch.count * width;
      result.logits[row] = await this.#logits(states.subarray(place * size, (place + 1) * size), batch.count);
    }
    const sampling = wanting.filter(([, row]) => rows[row]?.output !== "logits");
    if (sampling.length === 0) return;
    const last = new Float32Array(sampling.length * width);
    for (const [index, [place]] of sampling.entries()) {
      const end = (place + 1) * batch.count * width;
      last.set(states.subarray(end - width, end), index * width);
    }
    const logits = await this.#logits(last, sampling.length);
    for (const [index, [, row]] of sampling.entries()) {
      const { output, position, count } = rows[row] as StepRow;
      if (typeof output === "string") continue;
      const own = logits.subarray(index * vocabulary, (index + 1) * vocabulary);
      result.tokens[row] = sample(own, output.sampling, { position: position + count, history: output.history });
    }
  }

  /** Logits [count, vocabulary] of `count` hidden states. */
  async #logits(states: Float32Array, count: number): Promise<Float32Array> {
    const begin = performance.now();
    const { width } = this.#architecture;
    const outputs = await this.#head?.run({ hidden: new Tensor("float32", states, [count, 1, width]) });
    this.#took(this.#blocks - 1, begin);
    return outputs?.["logits"]?.data as Float32Array;
  }

  /** Adds the time since `begin` to a block's, after waiting as long as an emulated slower device would take. */
  #took(block: number, begin: number): void {
    const milliseconds = slowDown(performance.now() - begin, this.#slowdown);
    this.#blockMilliseconds[block] = (this.#blockMilliseconds[block] ?? 0) + milliseconds;
  }

  /** One of the two scratch buffers, at exactly `length` elements. */
  #buffer(which: 0 | 1, length: number): Float32Array {
    if (this.#scratch[which].length < length) this.#scratch[which] = new Float32Array(length);
    return this.#scratch[which].subarray(0, length);
  }
}
