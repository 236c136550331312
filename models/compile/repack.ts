/** GGUF's quantised blocks to the layout of ONNX Runtime's MatMulNBits, value for value. */
import { scaleAt } from "../formats/float16.ts";
import { tensorTypes } from "../formats/mod.ts";

/**
 * Q4_0 to 4 bits in blocks of 32. Q4_0 keeps elements i and i + 16 of a block in one byte; MatMulNBits neighbours, the
 * lower nibble first.
 */
export function repackQ4(bytes: Uint8Array, packed: Uint8Array, scales: Float32Array): void {
  const unit = tensorTypes.Q4_0.bytes;
  for (let block = 0; block < scales.length; block++) {
    const from = block * unit;
    const to = block * 16;
    scales[block] = scaleAt(bytes, from);
    for (let i = 0; i < 8; i++) {
      const even = bytes[from + 2 + 2 * i] ?? 0;
      const odd = bytes[from + 3 + 2 * i] ?? 0;
      packed[to + i] = (even & 15) | ((odd & 15) << 4);
      packed[to + 8 + i] = (even >> 4) | (odd & 0xf0);
    }
  }
}

/** Q8_0 to 8 bits in blocks of 32: signed integers become unsigned ones around 128. */
export function repackQ8(bytes: Uint8Array, packed: Uint8Array, scales: Float32Array): void {
  const unit = tensorTypes.Q8_0.bytes;
  for (let block = 0; block < scales.length; block++) {
    const from = block * unit;
    scales[block] = scaleAt(bytes, from);
    for (let i = 0; i < 32; i++) packed[block * 32 + i] = (bytes[from + 2 + i] ?? 0) ^ 0x80;
  }
}
