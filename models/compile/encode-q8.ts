import { toFloat16 } from "../formats/float16.ts";
import { tensorTypes } from "../formats/mod.ts";

/** Encodes `values` (whole blocks of 32) as Q8_0 (`quantize_row_q8_0_ref` in llama.cpp's `ggml-quants.c`). */
export function encodeQ8(values: Float32Array): Uint8Array {
  const unit = tensorTypes.Q8_0.bytes;
  const bytes = new Uint8Array((values.length / 32) * unit);
  const view = new DataView(bytes.buffer);
  for (let block = 0; block * 32 < values.length; block++) {
    const start = block * 32;
    let largest = 0;
    for (let i = start; i < start + 32; i++) largest = Math.max(largest, Math.abs(values[i] ?? 0));
    const inverse = largest === 0 ? 0 : 127 / largest;
    view.setUint16(block * unit, toFloat16(largest / 127), true);
    for (let i = 0; i < 32; i++) bytes[block * unit + 2 + i] = Math.round((values[start + i] ?? 0) * inverse) & 255;
  }
  return bytes;
}
