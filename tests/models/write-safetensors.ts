/** Writes safetensors files, for tests. */
import { Buffer } from "node:buffer";
import { writeFile } from "node:fs/promises";
import { toFloat16 } from "../../models/formats/float16.ts";

export type FloatType = "F32" | "F16" | "BF16";

export interface FloatTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Float32 values as bytes of `type`; they must be exact in it, see `roundTo`. */
export function encodeFloats(type: FloatType, values: Float32Array): Uint8Array {
  if (type === "F32") return new Uint8Array(values.slice().buffer);
  const halves = type === "F16"
    ? Uint16Array.from(values, toFloat16)
    : Uint16Array.from(new Uint32Array(values.slice().buffer), (bits) => bits >>> 16);
  return new Uint8Array(halves.buffer);
}

/** Values (below 2) rounded so that they are exact in `type`. */
export function roundTo(type: FloatType, values: Float32Array): Float32Array {
  if (type === "F32") return values;
  if (type === "F16") return values.map((value) => Math.round(value * 2 ** 10) / 2 ** 10);
  const bits = new Uint32Array(values.slice().buffer).map((word) => word & 0xffff0000);
  return new Float32Array(bits.buffer);
}

/** Writes one safetensors file. */
export async function writeSafetensors(
  path: string,
  type: FloatType,
  tensors: Readonly<Record<string, FloatTensor>>,
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    const bytes = encodeFloats(type, values);
    header[name] = { dtype: type, shape, data_offsets: [at, at + bytes.length] };
    pieces.push(bytes);
    at += bytes.length;
  }
  await writeFile(path, rawSafetensors(JSON.stringify(header), Buffer.concat(pieces)));
}

/** A file of any header, also one that lies. */
export function rawSafetensors(header: string, data: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(header);
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(text.length), true);
  return new Uint8Array(Buffer.concat([prefix, text, data]));
}
