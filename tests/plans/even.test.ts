import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type CapacityProblem, evenSplit, placeCounts } from "../../plans/mod.ts";

const layer = { kind: "layer", weightBytes: 100, kvBytesPerToken: 1 } as const;
const shape = { context: 10, concurrency: 1 };

function problem(blocks: number, usable: readonly number[]): CapacityProblem {
  return {
    blocks: Array.from({ length: blocks }, () => layer),
    devices: usable.map((usableBytes, index) => ({ device: `d${index}`, name: `d${index}`, usableBytes })),
    shape,
  };
}

test("three equal devices hold a third of the blocks each", () => {
  const placement = evenSplit(problem(9, [5000, 5000, 5000]));
  assert.deepEqual(placement.type === "placed" && placement.segments.map(({ first, last }) => [first, last]), [
    [0, 2],
    [3, 5],
    [6, 8],
  ]);
});

test("a device with twice the memory gets twice the blocks", () => {
  const placement = evenSplit(problem(9, [3000, 6000]));
  assert.deepEqual(placement.type === "placed" && placement.segments.map(({ first, last }) => [first, last]), [[0, 2], [
    3,
    8,
  ]]);
});

test("a model that does not fit is refused with what is missing and what to do", () => {
  const placement = evenSplit(problem(10, [500, 200]));
  assert.equal(placement.type, "infeasible");
  assert.match(placement.type === "infeasible" ? placement.reason : "", /400 B are missing.*Add a device/);
});

test("every placement covers all blocks once, in order, within memory", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 30 }),
    fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 6 }),
    (weights, usable) => {
      const asked: CapacityProblem = {
        ...problem(0, usable),
        blocks: weights.map((weightBytes) => ({ ...layer, weightBytes })),
      };
      const placement = evenSplit(asked);
      if (placement.type === "infeasible") {
        // Filling in order fails only if the total is close to what there is.
        const needed = weights.reduce((sum, weight) => sum + weight + 10, 0);
        const slack = usable.length * (Math.max(...weights) + 10);
        return usable.reduce((sum, bytes) => sum + bytes, 0) < needed + slack;
      }
      let next = 0;
      for (const segment of placement.segments) {
        assert.equal(segment.first, next);
        assert.ok(segment.last >= segment.first);
        const bytes = weights.slice(segment.first, segment.last + 1).reduce((sum, weight) => sum + weight + 10, 0);
        assert.equal(segment.bytes, bytes);
        assert.ok(bytes <= (asked.devices.find(({ device }) => device === segment.device)?.usableBytes ?? -1));
        next = segment.last + 1;
      }
      return next === weights.length;
    },
  ));
});

test("a pinned split that does not add up is refused", () => {
  const placement = placeCounts(problem(4, [5000, 5000]), [1, 2]);
  assert.match(placement.type === "infeasible" ? placement.reason : "", /places 3 blocks; the model has 4/);
});
