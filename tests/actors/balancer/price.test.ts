/** Whether a move pays, and whether there is room for both plans while the new one is loaded. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bargainOf, lackOfRoom } from "../../../actors/leader/price.ts";
import type { Prediction, Problem } from "../../../plans/mod.ts";
import { splitAt } from "./plans.ts";

const prediction = (tpotMilliseconds: number) => {
  return { tpotMilliseconds, tokensPerSecond: 100, ttftMilliseconds: 500, movingMilliseconds: 2 } as Prediction;
};

test("what readers gain within ten minutes is weighed against fetching blocks and reading a prompt again", () => {
  const bargain = { current: prediction(30), best: prediction(20), throughput: false, tokensPerSecond: 20 };
  assert.deepEqual(bargainOf(bargain), { gained: 10 * 20 * 600, spent: 500 + 2000 });
  assert.equal(bargainOf({ ...bargain, throughput: true }).gained, 0, "they are as good for throughput");
});

/** Eight blocks of 100 bytes and caches of 50. */
const problem = (usable: readonly [number, number]): Problem => ({
  blocks: Array.from(
    { length: 8 },
    () => ({ kind: "layer", weightBytes: 100, kvBytesPerToken: 1, activationBytes: 4 }),
  ),
  devices: usable.map((usableBytes, index) => ({
    device: "ab"[index] ?? "",
    name: "ab"[index] ?? "",
    usableBytes,
    prefillMillisecondsPerToken: Array(8).fill(1),
    decodeMilliseconds: Array(8).fill(1),
    trusted: false,
    allowed: true,
  })),
  links: [],
  shape: { context: 50, concurrency: 1, promptTokens: 8, outputTokens: 8 },
  objective: "latency",
});

test("a device that takes on more needs room for that beside what it runs", () => {
  assert.equal(lackOfRoom(problem([600, 900]), splitAt(4), splitAt(2)), undefined);
  assert.match(lackOfRoom(problem([600, 899]), splitAt(4), splitAt(2)) ?? "", /^b would need 900 B while both.*899 B$/);
});

test("a device that only gives away needs none, even where its memory has shrunk", () => {
  assert.equal(lackOfRoom(problem([0, 900]), splitAt(4), splitAt(2)), undefined);
});

test("a device that is new to the plan needs room for its part alone", () => {
  const alone = [{ device: "a", first: 0, last: 7 }];
  assert.equal(lackOfRoom(problem([1200, 600]), alone, splitAt(4)), undefined);
  assert.match(lackOfRoom(problem([1200, 599]), alone, splitAt(4)) ?? "", /^b would need/);
});
