/** Room for the hidden state of one token, for layers that run one row at a time. */
import { free } from "./free.ts";
import type { Kernels, KernelTensor } from "./kernels.ts";

export class SingleRow {
  /** Where a layer reads [1, 1, width], and where it writes. */
  readonly from: KernelTensor;
  readonly to: KernelTensor;
  /** Room for what is inside of a layer. */
  readonly middle: KernelTensor;
  readonly #given: Float32Array;
  readonly #result: Float32Array;
  readonly #inside: Float32Array;

  constructor(kernels: Kernels, width: number) {
    this.#given = new Float32Array(width);
    this.#result = new Float32Array(width);
    this.#inside = new Float32Array(width);
    this.from = kernels.tensor(this.#given, [1, 1, width]);
    this.to = kernels.tensor(this.#result, [1, 1, width]);
    this.middle = kernels.tensor(this.#inside, [1, 1, width]);
  }

  /** Has `run` compute one state [width], which is replaced by what comes out. */
  async through(state: Float32Array, out: Float32Array, run: () => void | Promise<void>): Promise<void> {
    this.#given.set(state);
    await run();
    out.set(this.#result);
  }

  close(): void {
    for (const tensor of [this.from, this.middle, this.to]) tensor.close();
    for (const buffer of [this.#given, this.#inside, this.#result]) free(buffer);
  }
}
