/** A model file that has been understood: what the compiler needs to know, whichever kind of file it came from. */
import type { ModelSource, SourceTensor, TensorType } from "../formats/mod.ts";
import { adviceToFetchAgain, isQuantized, ModelFileError, readableTypes } from "../formats/mod.ts";
import type { Architecture, Elastic } from "../manifest.ts";
import type { TokenizerBundle } from "../text/mod.ts";
import type { TensorNames } from "./tensor-names.ts";

export interface SourceModel {
  readonly source: ModelSource;
  readonly architecture: Architecture;
  readonly names: TensorNames;
  /** The head's weights are the embedding's. */
  readonly tied: boolean;
  readonly tokenizer: TokenizerBundle;
  /** Sentences for people, see `Manifest.notes`. */
  readonly notes: readonly string[];
  /** Where its layers are made of slices. */
  readonly elastic?: Pick<Elastic, "slices" | "anchors">;
}

/** A tensor whose type can be read. */
export interface ReadableTensor extends SourceTensor {
  readonly type: TensorType;
}

/** The tensor of this name and shape. Throws ModelFileError if it is missing or another one. */
export function requireTensor(source: ModelSource, name: string, shape: readonly number[]): ReadableTensor {
  const tensor = source.tensors.get(name);
  if (tensor === undefined) {
    throw new ModelFileError(source.path, `the tensor "${name}" is missing`, adviceToFetchAgain);
  }
  if (typeof tensor.type !== "string") {
    throw new ModelFileError(
      source.path,
      `the tensor "${name}" is stored as ${tensor.type.unreadable}, which cannot be read`,
      `Choose a file whose tensors are all ${readableTypes}.`,
    );
  }
  if (tensor.shape.length !== shape.length || shape.some((size, axis) => size !== tensor.shape[axis])) {
    throw new ModelFileError(
      source.path,
      `the tensor "${name}" has the shape [${tensor.shape.join(", ")}], but the model's sizes ask for [${
        shape.join(", ")
      }]`,
      adviceToFetchAgain,
    );
  }
  return { ...tensor, type: tensor.type };
}

/** Like `requireTensor`, for one that must not be quantised (a norm or bias). */
export function requireVector(source: ModelSource, name: string, size: number): ReadableTensor {
  const tensor = requireTensor(source, name, [size]);
  if (!isQuantized(tensor.type)) return tensor;
  throw new ModelFileError(
    source.path,
    `the tensor "${name}" is quantised (${tensor.type})`,
    "Norms and biases must be F32, F16 or BF16: choose a file made by a current converter.",
  );
}

/** Rows of the embedding. Throws ModelFileError if there is none. */
export function vocabularySize(source: ModelSource, embedding: string): number {
  const rows = source.tensors.get(embedding)?.shape[0];
  if (rows !== undefined) return rows;
  throw new ModelFileError(source.path, `the tensor "${embedding}" is missing`, adviceToFetchAgain);
}
