import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { solveExact } from "../../plans/exact.ts";
import { standbyBlocks } from "../../plans/mod.ts";
import { device, home } from "./home.ts";
import { anyProblem } from "./random-problem.ts";

const segments = [
  { device: "laptop", first: 0, last: 5, bytes: 650 },
  { device: "desktop", first: 6, last: 11, bytes: 650 },
];

test("a device with room keeps its neighbour's blocks next to its own", () => {
  const problem = home([device("laptop", 900, 1), device("desktop", 650, 2)]);
  assert.deepEqual(
    standbyBlocks(problem, segments).map((
      { device, owner, first, last, where },
    ) => [device, owner, first, last, where]),
    [["laptop", "desktop", 6, 7, "memory"]],
  );
});

test("the neighbour that is likelier to leave is covered first", () => {
  const problem = home([device("a", 450, 1), device("b", 650, 1), device("c", 450, 1)]);
  const three = [
    { device: "a", first: 0, last: 3, bytes: 430 },
    { device: "b", first: 4, last: 7, bytes: 440 },
    { device: "c", first: 8, last: 11, bytes: 430 },
  ];
  const [standby] = standbyBlocks(problem, three, { risk: (device) => device === "c" ? 5 : 1 });
  assert.deepEqual([standby?.device, standby?.owner, standby?.first], ["b", "c", 8]);
});

test("what memory does not hold goes to disk", () => {
  const problem = home([device("laptop", 770, 1), device("desktop", 650, 2)]);
  const found = standbyBlocks(problem, segments, { spareDiskBytes: (device) => device === "laptop" ? 250 : 0 });
  assert.deepEqual(found.map(({ first, last, where }) => [first, last, where]), [[6, 6, "memory"], [7, 8, "disk"]]);
});

test("standby blocks never exceed memory, never break the policy, and lie next to the device's own", () => {
  fc.assert(fc.property(anyProblem("latency"), (problem) => {
    const outcome = solveExact(problem);
    if (outcome.type !== "placed") return;
    for (const segment of outcome.segments) {
      const own = standbyBlocks(problem, outcome.segments).filter(({ device }) => device === segment.device);
      const usable = problem.devices.find(({ device }) => device === segment.device)?.usableBytes ?? 0;
      assert.ok(own.reduce((sum, { bytes }) => sum + bytes, segment.bytes) <= usable);
      assert.ok(own.every(({ first, last }) => last === segment.first - 1 || first === segment.last + 1));
    }
  }));
});
