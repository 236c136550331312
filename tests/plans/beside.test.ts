/** Room for the next plan beside the one in force, which stays loaded until the next one is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { predict, type Problem, type Run } from "../../plans/mod.ts";
import { solveExact } from "../../plans/exact.ts";

/** Eight blocks of 100 bytes and caches of 50, on devices that take so long a block; a holds the first four, b the rest. */
function problem(usable: readonly number[], milliseconds: readonly number[]): Problem {
  const ids = ["a", "b", "c"].slice(0, usable.length);
  return {
    blocks: Array.from({ length: 8 }, () => {
      return { kind: "layer", weightBytes: 100, kvBytesPerToken: 1, activationBytes: 4 };
    }),
    devices: ids.map((device, index) => ({
      device,
      name: device,
      usableBytes: usable[index] ?? 0,
      prefillMillisecondsPerToken: Array(8).fill(milliseconds[index]),
      decodeMilliseconds: Array(8).fill(milliseconds[index]),
      trusted: false,
      allowed: true,
    })),
    links: ids.flatMap((from) =>
      ids.filter((to) => to !== from).map((to) => ({
        from,
        to,
        roundTripMilliseconds: 0.1,
        bytesPerSecond: 1e9,
      }))
    ),
    shape: { context: 50, concurrency: 1, promptTokens: 8, outputTokens: 8 },
    objective: "latency",
    current: {
      devices: [..."aaaabbbb"],
      millisecondsPerByte: 0,
      stays: true,
    },
  };
}

const splitAt = (blocks: number): Run[] => [
  { device: "a", first: 0, last: blocks - 1 },
  { device: "b", first: blocks, last: 7 },
];

test("a device that takes on other blocks needs room for them beside what it runs", () => {
  const swapped: Run[] = [{ device: "b", first: 0, last: 3 }, { device: "a", first: 4, last: 7 }];
  assert.equal(predict(problem([1200, 1200], [1, 1]), swapped).type, "possible");
  const lacking = predict(problem([1200, 1199], [1, 1]), swapped);
  assert.match(
    lacking.type === "impossible" ? lacking.reason : "",
    /^b would hold 1\.2 KiB while both plans are loaded/,
  );
});

test("a device that only gives away needs none, even where its memory has shrunk below what it holds", () => {
  assert.equal(predict(problem([300, 900], [1, 1]), splitAt(2)).type, "possible");
});

test("the best plan that there is room for is found, where the best of all would have devices change places", () => {
  const outcome = solveExact(problem([750, 750], [3, 1]));
  assert.ok(outcome.type === "placed");
  assert.deepEqual(outcome.segments.map(({ device, first, last }) => [device, first, last]), [["a", 0, 2], [
    "b",
    3,
    7,
  ]]);
});

test("a device that holds nothing needs room for its own part alone", () => {
  const outcome = solveExact(problem([600, 600, 600], [9, 1, 1]));
  assert.ok(outcome.type === "placed");
  assert.deepEqual(outcome.segments.map(({ device }) => device), ["c", "b"]);
});
