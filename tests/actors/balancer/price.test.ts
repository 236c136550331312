/** Whether a move pays. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bargainOf } from "../../../actors/leader/price.ts";
import type { Prediction } from "../../../plans/mod.ts";

const prediction = (tpotMilliseconds: number) => {
  return { tpotMilliseconds, tokensPerSecond: 100, ttftMilliseconds: 500, movingMilliseconds: 2 } as Prediction;
};

test("what readers gain within ten minutes is weighed against fetching blocks and reading a prompt again", () => {
  const bargain = { current: prediction(30), best: prediction(20), throughput: false, tokensPerSecond: 20 };
  assert.deepEqual(bargainOf(bargain), { gained: 10 * 20 * 600, spent: 500 + 2000 });
  assert.equal(bargainOf({ ...bargain, throughput: true }).gained, 0, "they are as good for throughput");
});
