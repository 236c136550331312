/** The embedding look-up. */
import type { EmbeddingType } from "../manifest.ts";
import { dequantize } from "./dequantize.ts";
import { typedBytes } from "./tensor-type.ts";

/** Bytes of one row of an embedding table. */
export function embeddingRowBytes(type: EmbeddingType, width: number): number {
  return typedBytes(type, width);
}

/**
 * Writes the rows `ids` of an embedding table to `out` as float32 `[ids.length, width]`.
 * Throws RangeError for an id outside the table, or an `out` that is too small.
 */
export function readEmbeddingRows(
  table: Uint8Array,
  type: EmbeddingType,
  width: number,
  ids: ArrayLike<number>,
  out: Float32Array,
): void {
  const rowBytes = embeddingRowBytes(type, width);
  const rows = Math.floor(table.length / rowBytes);
  if (out.length < ids.length * width) {
    throw new RangeError(
      `Cannot look up ${ids.length} embeddings: out holds ${out.length} of ${ids.length * width} elements`,
    );
  }
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] ?? -1;
    if (!Number.isInteger(id) || id < 0 || id >= rows) {
      throw new RangeError(`Cannot look up token ${id}: the embedding has rows 0 to ${rows - 1}`);
    }
    dequantize(type, table.subarray(id * rowBytes, (id + 1) * rowBytes), out, i * width);
  }
}
