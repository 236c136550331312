/** Stored tensor elements to float32. */
import { float16Values, scaleAt } from "./float16.ts";
import { dequantizeK } from "./k-quants.ts";
import { type TensorType, tensorTypes } from "./tensor-type.ts";

/**
 * Writes the elements stored in `bytes` (whole blocks, little-endian) to `out` from `start` on. Every value of
 * every type but the k-quants is exact at float32; theirs are products of scales, rounded once. As all platforms of ONNX Runtime, the machine is taken to be little-endian. Quantised layouts: `dequantize_row_q4_0` and `dequantize_row_q8_0` in llama.cpp's `ggml-quants.c`.
 */
export function dequantize(type: TensorType, bytes: Uint8Array, out: Float32Array, start = 0): void {
  switch (type) {
    case "F32":
      new Uint8Array(out.buffer, out.byteOffset + start * 4, bytes.length).set(bytes);
      return;
    case "F16": {
      const values = float16Values();
      for (const half of halves(bytes)) out[start++] = values[half] ?? 0;
      return;
    }
    case "BF16": {
      const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
      for (const half of halves(bytes)) words[start++] = half << 16;
      return;
    }
    case "Q4_0":
      for (let at = 0; at < bytes.length; at += tensorTypes.Q4_0.bytes, start += 32) {
        const scale = scaleAt(bytes, at);
        for (let i = 0; i < 16; i++) {
          const pair = bytes[at + 2 + i] ?? 0;
          out[start + i] = ((pair & 15) - 8) * scale;
          out[start + 16 + i] = ((pair >> 4) - 8) * scale;
        }
      }
      return;
    case "Q8_0":
      for (let at = 0; at < bytes.length; at += tensorTypes.Q8_0.bytes, start += 32) {
        const scale = scaleAt(bytes, at);
        for (let i = 0; i < 32; i++) out[start + i] = (((bytes[at + 2 + i] ?? 0) << 24) >> 24) * scale;
      }
      return;
    case "Q4_K":
    case "Q5_K":
    case "Q6_K":
      return dequantizeK(type, bytes, out, start);
    default:
      return type satisfies never;
  }
}

function halves(bytes: Uint8Array): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}
