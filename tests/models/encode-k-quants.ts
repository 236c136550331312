/**
 * Floats to llama.cpp's k-quants, for tests: the layout of `ggml-common.h`, with simpler scales than llama.cpp chooses. That
 * llama.cpp reads it so is checked by `bench/k-quants/main.ts`.
 */
import { float16Values, toFloat16 } from "../../models/formats/float16.ts";
import { type KQuant, tensorTypes } from "../../models/formats/tensor-type.ts";

/** Encodes whole blocks of 256. */
export function encodeK(type: KQuant, values: Float32Array): Uint8Array {
  const unit = tensorTypes[type].bytes;
  const bytes = new Uint8Array((values.length / 256) * unit);
  for (let block = 0; block * 256 < values.length; block++) {
    const from = values.subarray(block * 256, (block + 1) * 256);
    const to = bytes.subarray(block * unit, (block + 1) * unit);
    if (type === "Q6_K") encodeQ6(from, to);
    else encodeGroups(from, to, type === "Q5_K" ? 5 : 4);
  }
  return bytes;
}

function encodeGroups(values: Float32Array, bytes: Uint8Array, bits: 4 | 5): void {
  const groups = Array.from({ length: 8 }, (_, group) => values.subarray(group * 32, group * 32 + 32));
  const minima = groups.map((group) => Math.max(0, -Math.min(...group)));
  const steps = groups.map((group, i) => (Math.max(...group, 0) + (minima[i] ?? 0)) / (2 ** bits - 1));
  const scale = putFloat16(bytes, 0, Math.max(...steps) / 63);
  const minimum = putFloat16(bytes, 2, Math.max(...minima) / 63);
  groups.forEach((group, g) => {
    const own = scale === 0 ? 0 : Math.min(63, Math.round((steps[g] ?? 0) / scale));
    const less = minimum === 0 ? 0 : Math.min(63, Math.round((minima[g] ?? 0) / minimum));
    putSixBits(bytes, g, own, less);
    group.forEach((value, i) => {
      const whole = own === 0 ? 0 : Math.round((value + minimum * less) / (scale * own));
      const integer = Math.max(0, Math.min(2 ** bits - 1, whole));
      add(bytes, (bits === 5 ? 48 : 16) + (g >> 1) * 32 + i, (integer & 15) << (4 * (g & 1)));
      if (bits === 5) add(bytes, 16 + i, (integer >> 4) << g);
    });
  });
}

/** As `get_scale_min_k4` reads them. */
function putSixBits(bytes: Uint8Array, group: number, scale: number, minimum: number): void {
  if (group < 4) {
    add(bytes, 4 + group, scale);
    add(bytes, 8 + group, minimum);
    return;
  }
  add(bytes, 8 + group, (scale & 15) | ((minimum & 15) << 4));
  add(bytes, group, (scale >> 4) << 6);
  add(bytes, 4 + group, (minimum >> 4) << 6);
}

function encodeQ6(values: Float32Array, bytes: Uint8Array): void {
  const largest = (from: number) => Math.max(...values.subarray(from, from + 16).map(Math.abs));
  const steps = Array.from({ length: 16 }, (_, group) => largest(group * 16) / 31);
  const scale = putFloat16(bytes, 208, Math.max(...steps) / 127);
  values.forEach((value, i) => {
    // The sign of a scale is free: every other group uses it.
    const own = scale === 0 ? 0 : Math.round((steps[i >> 4] ?? 0) / scale) * ((i >> 4) % 2 === 0 ? 1 : -1);
    bytes[192 + (i >> 4)] = own & 255;
    const integer = 32 + (own === 0 ? 0 : Math.max(-32, Math.min(31, Math.round(value / (scale * own)))));
    const [half, run, l] = [i >> 7, (i >> 5) & 3, i & 31];
    add(bytes, half * 64 + (run & 1) * 32 + l, (integer & 15) << (run < 2 ? 0 : 4));
    add(bytes, 128 + half * 32 + l, (integer >> 4) << (2 * run));
  });
}

/** Stores the nearest float16; returns what was stored. */
function putFloat16(bytes: Uint8Array, at: number, value: number): number {
  const half = toFloat16(value);
  bytes[at] = half & 255;
  bytes[at + 1] = half >> 8;
  return float16Values()[half] ?? 0;
}

function add(bytes: Uint8Array, at: number, bits: number): void {
  bytes[at] = (bytes[at] ?? 0) | bits;
}
