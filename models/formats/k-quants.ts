/**
 * llama.cpp's k-quants to float32: `dequantize_row_q4_K`, `_q5_K` and `_q6_K` in `ggml-quants.c`. A block is 256 elements of a row.
 */
import { scaleAt } from "./float16.ts";
import { type KQuant, tensorTypes } from "./tensor-type.ts";

/** Writes the elements stored in `bytes` (whole blocks) to `out` from `start` on. */
export function dequantizeK(type: KQuant, bytes: Uint8Array, out: Float32Array, start: number): void {
  const unit = tensorTypes[type];
  const block = type === "Q6_K" ? blockQ6 : type === "Q5_K" ? blockQ5 : blockQ4;
  for (let at = 0; at < bytes.length; at += unit.bytes, start += unit.elements) {
    block(bytes.subarray(at, at + unit.bytes), out.subarray(start, start + unit.elements));
  }
}

/** Scale and minimum of all groups, 12 bytes of 6-bit numbers; then 4 bits an element. */
function blockQ4(bytes: Uint8Array, out: Float32Array): void {
  blockOfGroups(bytes, out, 16, () => 0);
}

/** Like Q4_K, with the fifth bits of the elements in 32 bytes before the others: group `g` has bit `g` of each. */
function blockQ5(bytes: Uint8Array, out: Float32Array): void {
  blockOfGroups(bytes, out, 48, (group, i) => (((bytes[16 + i] ?? 0) >> group) & 1) << 4);
}

/** Eight groups of 32, `value = scale * integer - minimum`; two neighbouring groups share 32 bytes, the first the low nibbles. */
function blockOfGroups(
  bytes: Uint8Array,
  out: Float32Array,
  integersAt: number,
  highBits: (group: number, i: number) => number,
): void {
  for (let group = 0; group < 8; group++) {
    const { scale, minimum } = groupScale(bytes, group);
    for (let i = 0; i < 32; i++) {
      const pair = bytes[integersAt + (group >> 1) * 32 + i] ?? 0;
      const integer = ((pair >> (4 * (group & 1))) & 15) + highBits(group, i);
      out[group * 32 + i] = Math.fround(scale * integer) - minimum;
    }
  }
}

/** Scale and minimum, at float32, of the group of 32 (0 to 7) in a block of Q4_K or Q5_K. */
export function groupScale(block: Uint8Array, group: number): { readonly scale: number; readonly minimum: number } {
  return {
    scale: Math.fround(scaleAt(block, 0) * sixBits(block, group, 0)),
    minimum: Math.fround(scaleAt(block, 2) * sixBits(block, group, 4)),
  };
}

/**
 * The 6-bit number of a group (`get_scale_min_k4`), from byte 4 on: `of` 0 for scales, 4 for minima. The first four groups have a
 * byte each; of the last four the low bits share bytes 8 to 11, the high bits are at the top of the first ones.
 */
function sixBits(bytes: Uint8Array, group: number, of: 0 | 4): number {
  if (group < 4) return (bytes[4 + group + of] ?? 0) & 63;
  const both = bytes[8 + group] ?? 0;
  return (of === 0 ? both & 15 : both >> 4) | (((bytes[group + of] ?? 0) >> 6) << 4);
}

/** Low nibbles of 256 elements, their two high bits, 16 signed scales of 16 elements each, and the scale of these. */
function blockQ6(bytes: Uint8Array, out: Float32Array): void {
  const scale = scaleAt(bytes, 208);
  for (let i = 0; i < 256; i++) {
    // Halves of 128: four runs of 32 that share 64 bytes of nibbles and 32 bytes of high bits.
    const [half, run, l] = [i >> 7, (i >> 5) & 3, i & 31];
    const nibbles = bytes[half * 64 + (run & 1) * 32 + l] ?? 0;
    const low = run < 2 ? nibbles & 15 : nibbles >> 4;
    const high = ((bytes[128 + half * 32 + l] ?? 0) >> (2 * run)) & 3;
    const own = ((bytes[192 + (i >> 4)] ?? 0) << 24) >> 24;
    out[i] = Math.fround(scale * own) * ((low | (high << 4)) - 32);
  }
}
