/** Writes a safetensors file at float32. */
import { Buffer } from "node:buffer";
import { writeFile } from "node:fs/promises";

/** A matrix [rows, columns] or a vector. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Writes tensors under their names, in their order. */
export async function writeSafetensors(path: string, tensors: Readonly<Record<string, Tensor>>): Promise<void> {
  const header: Record<string, unknown> = {};
  let at = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + values.byteLength] };
    at += values.byteLength;
  }
  const text = JSON.stringify(header);
  // Padded, so that the data is aligned.
  const padded = Buffer.from(text + " ".repeat(-Buffer.byteLength(text) & 7));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const data = Object.values(tensors).map(({ values }) => {
    return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  });
  await writeFile(path, Buffer.concat([length, padded, ...data]));
}
