import assert from "node:assert/strict";
import test from "node:test";
import { ropeCaches, ropeFrequencies } from "../../models/onnx/mod.ts";

test("the tables hold cosine and sine of position times frequency", () => {
  const { cos, sin } = ropeCaches({ headSize: 4, ropeTheta: 10_000 }, 3);
  assert.equal(cos.length, 6);
  assert.deepEqual([...cos.subarray(0, 2), ...sin.subarray(0, 2)], [1, 1, 0, 0]);
  assert.equal(cos[4], Math.fround(Math.cos(2)));
  assert.equal(sin[5], Math.fround(Math.sin(2 / 100)));
});

test("Llama 3's scaling keeps fast pairs, slows slow ones and blends between", () => {
  // Values of Llama 3.2 1B, by transformers' own function.
  const ropeScaling = { factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192 };
  const plain = ropeFrequencies({ headSize: 64, ropeTheta: 500_000 });
  const scaled = ropeFrequencies({ headSize: 64, ropeTheta: 500_000, ropeScaling });
  assert.equal(scaled[0], 1);
  assert.equal(scaled[10], plain[10]);
  assert.equal(scaled[31], (plain[31] ?? 0) / 32);
  const between = scaled.filter((frequency, i) => frequency !== plain[i] && frequency !== (plain[i] ?? 0) / 32);
  assert.ok(between.length > 0);
  assert.deepEqual([...scaled].sort((a, b) => b - a), scaled);
});

test("rope factors divide the frequencies", () => {
  assert.deepEqual(ropeFrequencies({ headSize: 4, ropeTheta: 10_000, ropeFactors: [1, 4] }), [1, 0.01 / 4]);
});
