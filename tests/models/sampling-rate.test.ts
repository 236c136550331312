/** How likely tokens are said to be, against ONNX Runtime's softmax. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LEAST_LOGPROB, MAX_TOP, rate } from "../../models/sampling/mod.ts";
import { openLogSoftmax } from "./log-softmax.ts";

const logits = fc.array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 300 })
  .map((list) => Float32Array.from(list));

test("a token and the likeliest ones have the probabilities that ONNX Runtime's softmax gives", async () => {
  const logSoftmax = await openLogSoftmax();
  await fc.assert(
    fc.asyncProperty(logits, fc.nat(), fc.nat({ max: MAX_TOP }), async (logits, draw, most) => {
      const token = draw % logits.length;
      const [before, expected] = [logits.slice(), await logSoftmax(logits)];
      const { logprob, top } = rate(logits, token, most);
      const near = (actual: number, id: number) => {
        assert.ok(Math.abs(actual - (expected[id] ?? NaN)) < 1e-4, `${actual} is not ${expected[id]}`);
      };
      near(logprob, token);
      for (const [id, each] of top) near(each, id);
      const sorted = [...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
      assert.deepEqual(top.map(([id]) => id), sorted.slice(0, most));
      assert.deepEqual(logits, before);
    }),
    { numRuns: 200 },
  );
});

test("what no number can say is the least there is, and never NaN", () => {
  const broken = Float32Array.of(NaN, 1, -Infinity, 1);
  const half = Math.log(0.5);
  assert.deepEqual(rate(broken, 1, 20), { logprob: half, top: [[1, half], [3, half]] });
  for (const token of [0, 2, 99]) assert.equal(rate(broken, token, 0).logprob, LEAST_LOGPROB);
  assert.deepEqual(rate(Float32Array.of(3, Infinity), 1, 2), { logprob: 0, top: [[1, 0], [0, LEAST_LOGPROB]] });
});
