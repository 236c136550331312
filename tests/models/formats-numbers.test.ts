import assert from "node:assert/strict";
import test from "node:test";
import { float16Values, toFloat16 } from "../../models/formats/float16.ts";
import { dequantize, readEmbeddingRows } from "../../models/formats/mod.ts";
import { encodeQ8 } from "../../models/compile/encode-q8.ts";
import { quantizeBlocks } from "../../models/compile/quantize.ts";
import { repackQ4, repackQ8 } from "../../models/compile/repack.ts";

test("every float16 survives the way to float32 and back", () => {
  const values = float16Values();
  for (let bits = 0; bits < 65536; bits++) {
    const value = values[bits] ?? 0;
    if (!Number.isNaN(value)) assert.equal(toFloat16(value), bits);
  }
});

test("float16 rounds to the nearest, ties to even", () => {
  assert.equal(toFloat16(1 + 2 ** -11), 0x3c00);
  assert.equal(toFloat16(1 + 3 * 2 ** -11), 0x3c02);
  assert.equal(toFloat16(65519), 0x7bff);
  assert.equal(toFloat16(65520), 0x7c00);
  assert.equal(toFloat16(-(2 ** -25)), 0x8000);
  assert.equal(toFloat16(2 ** -14 - 2 ** -26), 0x0400);
});

/** A Q4_0 block with scale 0.5 whose elements count up: -8 to 7 in the first half, 7 to -8 in the second. */
function blockQ4(): Uint8Array {
  return Uint8Array.of(0x00, 0x38, ...Array.from({ length: 16 }, (_, i) => i | ((15 - i) << 4)));
}

test("Q4_0 rows are read as llama.cpp lays them out", () => {
  const out = new Float32Array(33);
  dequantize("Q4_0", blockQ4(), out, 1);
  assert.deepEqual([...out.subarray(1, 4)], [-4, -3.5, -3]);
  assert.deepEqual([...out.subarray(17, 20)], [3.5, 3, 2.5]);
});

test("repacking Q4_0 keeps every value and its scale", () => {
  const packed = new Uint8Array(16);
  const scales = new Float32Array(1);
  repackQ4(blockQ4(), packed, scales);
  const wanted = new Float32Array(32);
  dequantize("Q4_0", blockQ4(), wanted);
  const found = wanted.map((_, i) => ((((packed[i >> 1] ?? 0) >> (4 * (i & 1))) & 15) - 8) * (scales[0] ?? 0));
  assert.deepEqual(found, wanted);
});

test("repacking Q8_0 keeps every value and its scale", () => {
  const block = encodeQ8(Float32Array.from({ length: 32 }, (_, i) => (i - 16) / 8));
  const packed = new Uint8Array(32);
  const scales = new Float32Array(1);
  repackQ8(block, packed, scales);
  const wanted = new Float32Array(32);
  dequantize("Q8_0", block, wanted);
  assert.deepEqual(wanted.map((_, i) => ((packed[i] ?? 0) - 128) * (scales[0] ?? 0)), wanted);
});

test("the quantiser's error stays below half a step, and zeros stay zero", () => {
  const values = Float32Array.from({ length: 128 }, (_, i) => i < 64 ? Math.sin(i) : 0);
  for (const bits of [4, 8] as const) {
    const packed = new Uint8Array((128 * bits) / 8);
    const scales = new Float32Array(2);
    quantizeBlocks(values, bits, 64, packed, scales);
    values.forEach((value, i) => {
      const integer = bits === 8 ? packed[i] ?? 0 : ((packed[i >> 1] ?? 0) >> (4 * (i & 1))) & 15;
      const found = (integer - 2 ** (bits - 1)) * (scales[i >> 6] ?? 0);
      // The largest positive value may miss the top integer by a whole step.
      assert.ok(Math.abs(found - value) <= 1.05 / 2 ** (bits - 1), `${bits} bits: ${value} became ${found}`);
    });
    assert.equal(scales[1], 0);
  }
});

test("embedding rows of all types are looked up by id", () => {
  const table = new Uint8Array(Float32Array.from({ length: 8 }, (_, i) => i).buffer);
  const out = new Float32Array(4);
  readEmbeddingRows(table, "F32", 2, [3, 0], out);
  assert.deepEqual([...out], [6, 7, 0, 1]);
  const row = new Float32Array(32);
  readEmbeddingRows(Uint8Array.of(...new Uint8Array(18), ...blockQ4()), "Q4_0", 32, [1], row);
  assert.equal(row[0], -4);
});

test("an id outside the table is refused", () => {
  const table = new Uint8Array(16);
  const out = new Float32Array(2);
  assert.throws(() => readEmbeddingRows(table, "F32", 2, [2], out), /token 2: the embedding has rows 0 to 1/);
  assert.throws(() => readEmbeddingRows(table, "F32", 2, [-1], out), RangeError);
  assert.throws(() => readEmbeddingRows(table, "F32", 2, [0, 1], out), /out holds 2 of 4/);
});
