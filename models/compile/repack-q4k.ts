/** GGUF's Q4_K to offset blocks (`models/onnx/offset-blocks.ts`): the integers as they are, each minimum as an offset. */
import { tensorTypes } from "../formats/mod.ts";
import { groupScale } from "../formats/k-quants.ts";
import { offsetBlock, offsetColumns, offsetParts } from "../onnx/mod.ts";

/**
 * Repacks whole rows of `columns` weights. `packed` gets half a byte a stored column, `scales` one number for 32 of them.
 * Integers and scales are exact. Q4_K's `integer * scale - minimum` has the offset `8 * scale - minimum` here, kept within
 * 1/3375 of the largest among 32 neighbours: of a group's 16 steps about a thousandth of one.
 */
export function repackQ4K(bytes: Uint8Array, columns: number, packed: Uint8Array, scales: Float32Array): void {
  const unit = tensorTypes.Q4_K;
  const groups = columns / offsetBlock;
  const stored = groups + offsetColumns(columns) / offsetBlock;
  const rowBytes = (columns / unit.elements) * unit.bytes;
  const offsets = new Float64Array(offsetColumns(columns) / offsetParts);
  for (let row = 0; row * rowBytes < bytes.length; row++) {
    const rowPacked = packed.subarray(row * stored * 16, (row + 1) * stored * 16);
    const rowScales = scales.subarray(row * stored, (row + 1) * stored);
    let block = bytes;
    for (let group = 0; group < groups; group++) {
      const inside = group & 7;
      const at = row * rowBytes + (group >> 3) * unit.bytes;
      if (inside === 0) block = bytes.subarray(at, at + unit.bytes);
      const { scale, minimum } = groupScale(block, inside);
      rowScales[group] = scale;
      offsets[group] = offsetBlock * (8 * scale - minimum);
      repackGroup(block, inside, rowPacked, group * 16);
    }
    packOffsets(offsets, rowPacked.subarray(groups * 16), rowScales.subarray(groups));
  }
}

/** Two neighbouring groups share 32 bytes, the first the low nibbles; MatMulNBits has neighbouring elements in a byte. */
function repackGroup(block: Uint8Array, group: number, packed: Uint8Array, to: number): void {
  const from = 16 + (group >> 1) * 32;
  const shift = 4 * (group & 1);
  for (let i = 0; i < 16; i++) {
    const even = (block[from + 2 * i] ?? 0) >> shift;
    const odd = (block[from + 2 * i + 1] ?? 0) >> shift;
    packed[to + i] = (even & 15) | ((odd & 15) << 4);
  }
}

/** Whole blocks of offsets as a few numbers of 4 bits each: the coarse parts of all, then the finer ones. */
function packOffsets(offsets: Float64Array, packed: Uint8Array, scales: Float32Array): void {
  const blocks = offsets.length / offsetBlock;
  for (let block = 0; block < blocks; block++) {
    const rest = offsets.slice(block * offsetBlock, (block + 1) * offsetBlock);
    for (let part = 0; part < offsetParts; part++) {
      const at = part * blocks + block;
      scales[at] = takeNibbles(rest, packed.subarray(at * 16, at * 16 + 16));
    }
  }
}

/** Rounds to 4 bits, takes what was stored away from `values`, and returns the scale: no more than half of it is left. */
function takeNibbles(values: Float64Array, packed: Uint8Array): number {
  let [least, most] = [0, 0];
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  // Levels go from -8 to 7, and half a step beyond rounds to the outermost.
  const scale = Math.fround(Math.max(most / 7.5, least / -8.5));
  for (let i = 0; i < offsetBlock; i++) {
    const value = values[i] ?? 0;
    const level = scale === 0 ? 0 : Math.max(-8, Math.min(7, Math.floor(value / scale + 0.5)));
    packed[i >> 1] = i % 2 === 0 ? level + 8 : (packed[i >> 1] ?? 0) | ((level + 8) << 4);
    values[i] = value - level * scale;
  }
  return scale;
}
