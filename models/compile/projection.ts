/** A linear projection of the source file, or several below each other, and how its weights will be stored. */
import { isKQuant, isQuantized } from "../formats/mod.ts";
import type { ModelSource } from "../formats/mod.ts";
import type { Linear, Storage } from "../onnx/mod.ts";
import { type ReadableTensor, requireTensor, requireVector } from "./source-model.ts";

/** What to do with weights that are not Q4_0, Q4_K or Q8_0: keep them (Q5_K, Q6_K: at 8 bits), or quantise to 4 or 8 bits. */
export type Quantize = "keep" | "4" | "8";

export interface Projection {
  readonly linear: Linear;
  /** Rows below each other. */
  readonly weights: readonly ReadableTensor[];
  /** Empty, or one for each of `weights`. */
  readonly biases: readonly ReadableTensor[];
}

export interface ProjectionOptions {
  readonly rows: number;
  readonly columns: number;
  readonly quantize: Quantize;
  /** Whether there must be a bias; otherwise one is taken if it is there. Default: false. */
  readonly bias?: boolean;
}

/** Looks up the projection whose tensors are called `<name>.weight` and `<name>.bias`. Throws ModelFileError. */
export function findProjection(source: ModelSource, name: string, options: ProjectionOptions): Projection {
  const { rows, columns, quantize } = options;
  const weight = requireTensor(source, `${name}.weight`, [rows, columns]);
  const biasName = `${name}.bias`;
  const bias = options.bias === true || source.tensors.has(biasName) ? [requireVector(source, biasName, rows)] : [];
  const storage = chooseStorage(weight, columns, quantize);
  return { linear: { rows, columns, storage, bias: bias.length > 0 }, weights: [weight], biases: bias };
}

/** The projections as one, rows below each other, if their storage allows it. */
export function packProjections(parts: readonly Projection[]): Projection | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const { storage, bias, columns } = first.linear;
  const alike = parts.every(({ linear }) => sameStorage(linear.storage, storage) && linear.bias === bias);
  if (!alike) return undefined;
  const rows = parts.reduce((sum, { linear }) => sum + linear.rows, 0);
  return {
    linear: { rows, columns, storage, bias },
    weights: parts.flatMap(({ weights }) => weights),
    biases: parts.flatMap(({ biases }) => biases),
  };
}

/**
 * How to store weights. Q4_0, Q4_K and Q8_0 stay what they are; Q5_K and Q6_K, for whose 5 and 6 bits ONNX Runtime has no
 * kernel, are quantised anew, to 8 bits unless 4 are asked for, in blocks of 32. Our own blocks have 32 weights at 4 bits and 64 at 8. Larger
 * ones are faster (64 at 4 bits: 11%), but there ONNX Runtime's kernels for one row and for several differ in the last
 * bit (measured with AVX-512 VNNI), and an answer would depend on which others it is batched with.
 */
export function chooseStorage({ type }: ReadableTensor, columns: number, quantize: Quantize): Storage {
  if (type === "Q4_K") return { kind: "offset-blocks" };
  if (isKQuant(type)) return { kind: "blocks", bits: quantize === "4" ? 4 : 8, blockSize: 32 };
  if (isQuantized(type)) return { kind: "blocks", bits: type === "Q4_0" ? 4 : 8, blockSize: 32 };
  if (quantize === "keep" || columns % 32 !== 0) return { kind: "float32" };
  if (quantize === "4") return { kind: "blocks", bits: 4, blockSize: 32 };
  return { kind: "blocks", bits: 8, blockSize: columns % 64 === 0 ? 64 : 32 };
}

function sameStorage(a: Storage, b: Storage): boolean {
  if (a.kind !== "blocks" || b.kind !== "blocks") return a.kind === b.kind;
  return a.bits === b.bits && a.blockSize === b.blockSize;
}
