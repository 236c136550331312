import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { dequantize } from "../../models/formats/mod.ts";
import { encodeK } from "./encode-k-quants.ts";

/** Half a step of each, relative to the range of a group, and what coarse scales add. */
const tolerances = { Q4_K: 1 / 20, Q5_K: 1 / 40, Q6_K: 1 / 50 } as const;

for (const type of ["Q4_K", "Q5_K", "Q6_K"] as const) {
  test(`${type} blocks give back what was stored, within its steps`, () => {
    const value = fc.double({ min: -8, max: 8, noNaN: true });
    fc.assert(fc.property(fc.array(value, { minLength: 512, maxLength: 512 }), (list) => {
      const values = Float32Array.from(list);
      const found = new Float32Array(513);
      dequantize(type, encodeK(type, values), found, 1);
      const range = Math.max(...values, 0) - Math.min(...values, 0);
      values.forEach((wanted, i) => {
        const error = Math.abs((found[i + 1] ?? NaN) - wanted);
        assert.ok(error <= range * tolerances[type] + 1e-3, `${i}: ${found[i + 1]} for ${wanted}`);
      });
    }));
  });
}

test("Q6_K's layout is llama.cpp's: nibbles, high bits, signed scales, scale", () => {
  const block = new Uint8Array(210);
  block[208] = 0x00;
  block[209] = 0x38; // 0.5
  block.fill(2, 192, 208);
  block[192 + 4] = 0xff; // -1 for elements 64 to 79
  block[0] = 0x5a; // element 0 has the low nibble 10, element 64 the high nibble 5
  block[128] = 0b00_11_00_01; // element 0 has the high bits 1, element 64 has 3
  const out = new Float32Array(256);
  dequantize("Q6_K", block, out);
  assert.equal(out[0], 0.5 * 2 * (10 + 16 - 32));
  assert.equal(out[64], 0.5 * -1 * (5 + 48 - 32));
  assert.equal(out[1], 0.5 * 2 * -32);
});

test("Q4_K's layout is llama.cpp's: the last four groups' scales and minima have their high bits in the first ones'", () => {
  const block = new Uint8Array(144);
  [block[1], block[3]] = [0x3c, 0x38]; // 1 and 0.5
  block[4 + 1] = 0b10_000011; // scale 3 of group 1, high bits 2 of group 5's scale
  block[4 + 5] = 0b01_000100; // minimum 4 of group 1, high bits 1 of group 5's minimum
  block[4 + 9] = 0x76; // low bits of group 5: scale 6, minimum 7
  block[16] = 0x90; // element 0 of group 1 is 9
  block[16 + 64] = 0xb0; // element 0 of group 5 is 11
  const out = new Float32Array(256);
  dequantize("Q4_K", block, out);
  assert.equal(out[32], 3 * 9 - 0.5 * 4);
  assert.equal(out[160], (32 + 6) * 11 - 0.5 * (16 + 7));
});
