/** The hidden states of a batch on their way through a segment. */
import { free } from "./free.ts";
import { Kept } from "./kept.ts";
import type { Kernels, KernelTensor } from "./kernels.ts";

/** Shapes whose tensors are kept: every batch size of decode, and the chunks of prefill. */
const KEPT_SHAPES = 64;

type Buffers = readonly [Float32Array, Float32Array, Float32Array];
/** The buffers, as tensors of one shape. */
type Tensors = readonly [KernelTensor, KernelTensor, KernelTensor];

/**
 * Two buffers that are input and output by turns: what one layer gives is what the next one takes; and a third for what is
 * inside of a layer. Tensors over them are kept by shape, so that a step allocates nothing.
 */
export class HiddenStates {
  readonly #kernels: Kernels;
  readonly #width: number;
  #buffers: Buffers = [new Float32Array(0), new Float32Array(0), new Float32Array(0)];
  readonly #shapes = new Kept<Tensors>(KEPT_SHAPES, (tensors) => {
    for (const tensor of tensors) tensor.close();
  });
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
    this.#buffers = [new Float32Array(length), new Float32Array(length), new Float32Array(length)];
  }

  /** The states [rows, count, width] as they are now. Whoever runs next may overwrite them. */
  get values(): Float32Array {
    return this.#buffers[this.#current].subarray(0, this.#rows * this.#count * this.#width);
  }

  /** Room for the states that the next layer gives, as `values` will be once it has. */
  get next(): Float32Array {
    return this.#buffers[this.#current === 0 ? 1 : 0].subarray(0, this.#rows * this.#count * this.#width);
  }

  /**
   * Where the next layer reads, where it may keep what its attention gave, and where it writes. The same objects for the same
   * shape and turn, unless forgotten.
   */
  get tensors(): { readonly from: KernelTensor; readonly middle: KernelTensor; readonly to: KernelTensor } {
    const [one, other, middle] = this.#tensors();
    return this.#current === 0 ? { from: one, middle, to: other } : { from: other, middle, to: one };
  }

  /** The next layer has written: its output is what there is now. */
  turn(): void {
    this.#current = this.#current === 0 ? 1 : 0;
  }

  /** Lets go of tensors and memory. */
  close(): void {
    this.#shapes.close();
    for (const buffer of this.#buffers) free(buffer);
  }

  #tensors(): Tensors {
    return this.#shapes.get(`${this.#rows} ${this.#count}`, () => {
      const dims = [this.#rows, this.#count, this.#width];
      const [one, other, middle] = this.#buffers;
      return [this.#kernels.tensor(one, dims), this.#kernels.tensor(other, dims), this.#kernels.tensor(middle, dims)];
    });
  }
}
