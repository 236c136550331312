/** How far each row of a batch is: what the attention operator asks of all layers alike. */
import type { Architecture } from "../manifest.ts";
import { ropeCaches } from "../onnx/rope.ts";
import type { Tensors } from "./bind.ts";
import { free } from "./free.ts";
import type { Kernels, KernelTensor } from "./kernels.ts";

/** The tensors of lengths and rotary tables, shared by the layers of a segment and written anew for each batch. */
export class Positions {
  readonly #cos: KernelTensor;
  readonly #sin: KernelTensor;
  /** int32 scalar: tokens in the cache after the step, the longest of the batch. */
  readonly #total: KernelTensor;
  readonly #kernels: Kernels;
  /** The rotary tables. */
  readonly #tables: readonly Float32Array[];
  readonly #lengths: Int32Array;
  readonly #longest = Int32Array.of(0);
  /** int32 [rows]: tokens in the cache after the step, minus 1; by the number of rows. */
  readonly #byRows = new Map<number, KernelTensor>();

  constructor(kernels: Kernels, architecture: Architecture, { context, slots }: { context: number; slots: number }) {
    this.#kernels = kernels;
    this.#lengths = new Int32Array(slots);
    const { cos, sin } = ropeCaches(architecture, context);
    const dims = [context, architecture.headSize / 2];
    this.#tables = [cos, sin];
    this.#cos = kernels.tensor(cos, dims);
    this.#sin = kernels.tensor(sin, dims);
    this.#total = kernels.tensor(this.#longest, []);
  }

  /** Says where each row of a batch ends: the position of its last token. */
  set(ends: readonly number[]): void {
    this.#lengths.set(ends);
    this.#longest[0] = Math.max(...ends) + 1;
  }

  /** What the operator asks for, by the names of its inputs, for a batch of `rows`. They stay this object's. */
  tensors(rows: number): Tensors {
    return {
      seqlens_k: this.#lengthsOf(rows),
      total_sequence_length: this.#total,
      cos_cache: this.#cos,
      sin_cache: this.#sin,
    };
  }

  #lengthsOf(rows: number): KernelTensor {
    const tensor = this.#byRows.get(rows) ?? this.#kernels.tensor(this.#lengths, [rows]);
    this.#byRows.set(rows, tensor);
    return tensor;
  }

  close(): void {
    for (const tensor of [this.#cos, this.#sin, this.#total, ...this.#byRows.values()]) tensor.close();
    this.#byRows.clear();
    for (const table of this.#tables) free(table);
  }
}
