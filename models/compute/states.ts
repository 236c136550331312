/** The hidden states of a batch on their way through a segment. */
import { free } from "./free.ts";
import type { Kernels, KernelTensor } from "./kernels.ts";

/** Shapes whose tensors are kept: every batch size of decode, and the chunks of prefill. */
const KEPT_SHAPES = 64;

/** The two buffers, as tensors of one shape. */
interface Pair {
  readonly tensors: readonly [KernelTensor, KernelTensor];
}

/**
 * Two buffers that are input and output by turns: what one layer gives is what the next one takes. Tensors over them are
 * kept by shape, so that a step allocates nothing.
 */
export class HiddenStates {
  readonly #kernels: Kernels;
  readonly #width: number;
  #buffers: readonly [Float32Array, Float32Array] = [new Float32Array(0), new Float32Array(0)];
  /** In the order of their last use. */
  readonly #pairs = new Map<string, Pair>();
  #rows = 0;
  #count = 0;
  #current: 0 | 1 = 0;

  constructor(kernels: Kernels, width: number) {
    this.#kernels = kernels;
    this.#width = width;
  }

  /** Begins a batch of `rows` rows of `count` tokens, in the first buffer. */
  begin(rows: number, count: number): void {
    [this.#rows, this.#count, this.#current] = [rows, count, 0];
    const length = rows * count * this.#width;
    if (this.#buffers[0].length >= length) return;
    this.close();
    this.#buffers = [new Float32Array(length), new Float32Array(length)];
  }

  /** The states [rows, count, width] as they are now. Whoever runs next may overwrite them. */
  get values(): Float32Array {
    return this.#buffers[this.#current].subarray(0, this.#rows * this.#count * this.#width);
  }

  /** Room for the states that the next layer gives, as `values` will be once it has. */
  get next(): Float32Array {
    return this.#buffers[this.#current === 0 ? 1 : 0].subarray(0, this.#rows * this.#count * this.#width);
  }

  /** Where the next layer reads, and where it writes. The same objects for the same shape and turn, unless forgotten. */
  get tensors(): { readonly from: KernelTensor; readonly to: KernelTensor } {
    const { tensors } = this.#pair();
    return this.#current === 0 ? { from: tensors[0], to: tensors[1] } : { from: tensors[1], to: tensors[0] };
  }

  /** The next layer has written: its output is what there is now. */
  turn(): void {
    this.#current = this.#current === 0 ? 1 : 0;
  }

  /** Lets go of tensors and memory. */
  close(): void {
    this.#forget();
    for (const buffer of this.#buffers) free(buffer);
  }

  #pair(): Pair {
    const key = `${this.#rows} ${this.#count}`;
    const found = this.#pairs.get(key);
    this.#pairs.delete(key);
    const dims = [this.#rows, this.#count, this.#width];
    const pair = found ?? {
      tensors: [this.#kernels.tensor(this.#buffers[0], dims), this.#kernels.tensor(this.#buffers[1], dims)] as const,
    };
    this.#pairs.set(key, pair);
    if (this.#pairs.size > KEPT_SHAPES) {
      for (const [oldest, { tensors }] of this.#pairs) {
        for (const tensor of tensors) tensor.close();
        this.#pairs.delete(oldest);
        break;
      }
    }
    return pair;
  }

  #forget(): void {
    for (const { tensors } of this.#pairs.values()) for (const tensor of tensors) tensor.close();
    this.#pairs.clear();
  }
}
