/** What tells a layer's graph whether to run as a whole or one side of its attention: see the table in `onnx/layer.ts`. */
import type { Architecture } from "../manifest.ts";
import type { Tensors } from "./bind.ts";
import type { Kernels, KernelTensor } from "./kernels.ts";

/** Constant tensors, shared by the layers of a segment. */
export class Gates {
  /** For `attended_rows`: all rows go on. */
  readonly open: KernelTensor;
  /** For `attended_rows`: none does. */
  readonly shut: KernelTensor;
  /** For `attended_before`: there is none. */
  readonly none: KernelTensor;

  constructor(kernels: Kernels, { heads, headSize }: Architecture) {
    this.open = kernels.tensor(BigInt64Array.of(1n << 31n), [1]);
    this.shut = kernels.tensor(BigInt64Array.of(0n), [1]);
    this.none = kernels.tensor(new Float32Array(1), [0, 1, heads * headSize]);
  }

  /** Inputs by which a divisible layer runs as a whole, but for its `residual`. */
  get whole(): Tensors {
    return { attended_rows: this.open, attended_before: this.none };
  }

  close(): void {
    for (const tensor of [this.open, this.shut, this.none]) tensor.close();
  }
}
