/** A model file or folder that is open for reading: named tensors with their bytes. */
import type { TensorType } from "./tensor-type.ts";

export interface SourceTensor {
  readonly name: string;
  /** A type that can be read, or the name of one that cannot. */
  readonly type: TensorType | { readonly unreadable: string };
  /** Outermost first, as Hugging Face counts: a projection is `[rows, columns]`. */
  readonly shape: readonly number[];
  readonly bytes: number;
}

export interface ModelSource {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, SourceTensor>;
  /** `length` bytes of a tensor from `offset` on; both must lie inside it. */
  read(tensor: SourceTensor, offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
