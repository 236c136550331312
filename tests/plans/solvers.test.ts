import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { solveDynamic } from "../../plans/dynamic.ts";
import { solveExact } from "../../plans/exact.ts";
import { solveLinear } from "../../plans/linear.ts";
import type { Objective, Problem } from "../../plans/problem.ts";
import { bruteForce } from "./brute-force.ts";
import { anyProblem } from "./random-problem.ts";

const objectives: readonly Objective[] = ["latency", "throughput", "lingualinked"];

function close(a: number, b: number, tolerance: number): boolean {
  return Math.abs(a - b) <= tolerance * Math.max(1e-9, Math.abs(a), Math.abs(b));
}

for (const objective of objectives) {
  test(`exact equals brute force for ${objective}`, () => {
    fc.assert(
      fc.property(anyProblem(objective), (problem) => {
        const best = bruteForce(problem);
        const outcome = solveExact(problem);
        if (best.value === Infinity) return assert.equal(outcome.type, "infeasible");
        assert.ok(outcome.type === "placed", outcome.type === "placed" ? "" : outcome.reason);
        assert.ok(
          close(outcome.prediction.objectiveMilliseconds, best.value, 1e-8),
          `${outcome.prediction.objectiveMilliseconds} is not ${best.value}`,
        );
        assert.equal(outcome.gap, 0);
      }),
      { numRuns: 300 },
    );
  });

  test(`linear equals brute force for ${objective}`, async () => {
    await fc.assert(
      fc.asyncProperty(anyProblem(objective), async (problem) => {
        const best = bruteForce(problem);
        const outcome = await solveLinear(problem);
        if (best.value === Infinity) return assert.equal(outcome.type, "infeasible");
        assert.ok(outcome.type === "placed", outcome.type === "placed" ? "" : outcome.reason);
        assert.ok(
          close(outcome.prediction.objectiveMilliseconds, best.value, 1e-6),
          `${outcome.prediction.objectiveMilliseconds} is not ${best.value}`,
        );
      }),
      { numRuns: 40 },
    );
  });

  test(`dynamic is never better than exact among plans with one run a device, for ${objective}`, () => {
    fc.assert(
      fc.property(anyProblem(objective), (problem) => {
        const outcome = solveDynamic(problem);
        if (outcome.type !== "placed") return;
        if (new Set(outcome.segments.map(({ device }) => device)).size < outcome.segments.length) return;
        const exact = solveExact(problem);
        assert.ok(exact.type === "placed");
        const [ours, theirs] = [exact.prediction.objectiveMilliseconds, outcome.prediction.objectiveMilliseconds];
        assert.ok(theirs >= ours * (1 - 1e-9), `${theirs} is below ${ours}`);
      }),
      { numRuns: 300 },
    );
  });
}

/** All links there, memory without limit, the first block at home, nothing that EdgeShard does not know. */
function assumed(problem: Problem): Problem {
  const { policy: _policy, current: _current, ...rest } = problem;
  const fast = problem.devices.flatMap(({ device: from }) =>
    problem.devices.filter(({ device }) => device !== from).map(({ device: to }) => ({
      from,
      to,
      roundTripMilliseconds: 0.2,
      bytesPerSecond: 1e5,
    }))
  );
  return {
    ...rest,
    links: fast,
    source: "d0",
    policy: { pins: [{ device: "d0", first: 0, last: 0 }] },
    shape: { ...problem.shape, concurrency: 100_000, load: 100_000 },
    devices: problem.devices.map(({ stepFactors: _, ...device }) => ({ ...device, allowed: true })),
  };
}

test("EdgeShard's Algorithm 2 equals exact where its assumptions hold", () => {
  fc.assert(
    fc.property(anyProblem("throughput"), (random) => {
      const problem = assumed(random);
      const [theirs, ours] = [solveDynamic(problem), solveExact(problem)];
      if (ours.type === "infeasible") return assert.equal(theirs.type, "infeasible");
      assert.ok(theirs.type === "placed" && ours.type === "placed");
      assert.ok(
        close(theirs.prediction.objectiveMilliseconds, ours.prediction.objectiveMilliseconds, 1e-8),
        `${theirs.prediction.objectiveMilliseconds} is not ${ours.prediction.objectiveMilliseconds}`,
      );
    }),
    { numRuns: 200 },
  );
});

test("EdgeShard's Algorithm 1 equals exact where memory does not bind and each device has one speed", () => {
  fc.assert(
    fc.property(anyProblem("latency"), (random) => {
      const base = assumed(random);
      const problem = {
        ...base,
        devices: base.devices.map((device, index) => ({
          ...device,
          usableBytes: 1e9,
          prefillMillisecondsPerToken: base.blocks.map(() => index + 1),
          decodeMilliseconds: base.blocks.map(() => index + 2),
        })),
      };
      const [theirs, ours] = [solveDynamic(problem), solveExact(problem)];
      assert.ok(theirs.type === "placed" && ours.type === "placed");
      assert.ok(close(theirs.prediction.objectiveMilliseconds, ours.prediction.objectiveMilliseconds, 1e-8));
    }),
    { numRuns: 100 },
  );
});
