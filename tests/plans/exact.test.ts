import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { drawMesh } from "../../bench/plans/meshes.ts";
import { collapse } from "../../plans/exact/classes.ts";
import { type Planned, predict, type Problem, type SolveOptions, solvers } from "../../plans/mod.ts";
import { solveExact } from "../../plans/exact.ts";
import { weightsOf } from "../../plans/weights.ts";
import { leastSum } from "./all-sets.ts";
import { device, home } from "./home.ts";

function placed(problem: Problem, options: SolveOptions = {}): Planned {
  const outcome = solveExact(problem, options);
  assert.ok(outcome.type === "placed", outcome.type === "placed" ? "" : outcome.reason);
  return outcome;
}

/** A clock that moves on by one with each look at it: deadlines without waiting. */
function countingClock(): () => number {
  let looks = 0;
  return () => looks++;
}

test("identical devices are one class, devices that a link or a pin tells apart are not", () => {
  const boards = Array.from({ length: 12 }, (_, index) => device(`board-${index}`, 300, 2));
  const problem = home([...boards, device("laptop", 900, 1)]);
  assert.deepEqual([...collapse(weightsOf(problem)).counts].sort(), [1, 12]);
  const slower = problem.links.map((link) =>
    link.from === "board-3" && link.to === "laptop" ? { ...link, roundTripMilliseconds: 9 } : link
  );
  assert.deepEqual([...collapse(weightsOf({ ...problem, links: slower })).counts].sort(), [1, 1, 11]);
  const pinned = { ...problem, policy: { pins: [{ device: "board-0", first: 0, last: 0 }] } };
  assert.deepEqual([...collapse(weightsOf(pinned)).counts].sort(), [1, 1, 11]);
});

test("twelve equal boards are solved as one class, each used once", () => {
  const problem = home(Array.from({ length: 12 }, (_, index) => device(`board-${index}`, 220, 2)));
  const { segments, gap } = placed(problem);
  assert.equal(gap, 0);
  assert.equal(new Set(segments.map(({ device }) => device)).size, segments.length);
});

test("one device where the model fits and splitting would be slower, the fewest stages otherwise", () => {
  assert.equal(placed(home([device("a", 1300, 1), device("b", 1300, 1)])).segments.length, 1);
  assert.equal(placed(home([device("a", 700, 1), device("b", 700, 1), device("c", 700, 1)])).segments.length, 2);
});

test("larger meshes: throughput equals EdgeShard's Algorithm 2 where its assumptions hold", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const mesh = drawMesh({ blocks: 18, devices: 6, seed, stages: 3, objective: "throughput", jitter: 0.3 });
      const problem: Problem = {
        ...mesh,
        blocks: mesh.blocks.map((block) => ({ ...block, kvBytesPerToken: 0 })),
        shape: { ...mesh.shape, concurrency: 1_000_000 },
        policy: { pins: [{ device: "d0", first: 0, last: 0 }] },
      };
      const [ours, theirs] = [solveExact(problem), solvers.dynamic(problem)];
      assert.ok(!(theirs instanceof Promise));
      if (ours.type !== "placed" || theirs.type !== "placed") return assert.equal(ours.type, theirs.type);
      const [a, b] = [ours.prediction.objectiveMilliseconds, theirs.prediction.objectiveMilliseconds];
      assert.ok(Math.abs(a - b) <= 1e-8 * b, `${a} is not ${b}`);
    }),
    { numRuns: 40 },
  );
});

test("larger meshes: latency equals a program over all sets of devices", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.constantFrom(2, 4, 5),
      fc.boolean(),
      fc.constantFrom(1, 3),
      (seed, stages, source, clusters) => {
        const problem = drawMesh({ blocks: 16, devices: 7, seed, stages, source, clusters, jitter: 0.6 });
        const least = leastSum(weightsOf(problem));
        const outcome = solveExact(problem);
        if (outcome.type !== "placed") return assert.equal(least, Infinity);
        assert.equal(outcome.gap, 0);
        const value = outcome.prediction.objectiveMilliseconds;
        assert.ok(Math.abs(value - least) <= 1e-8 * least, `${value} is not ${least}`);
      },
    ),
    { numRuns: 25 },
  );
});

test("a deadline gives the best plan so far, and a bound that the optimum keeps", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 5, max: 400 }),
      fc.constantFrom("latency" as const, "throughput" as const),
      (seed, looks, objective) => {
        const mesh = drawMesh({ blocks: 20, devices: 8, seed, stages: 5, objective, concurrency: 3, jitter: 0.5 });
        const hurried = solveExact(mesh, { now: countingClock(), deadline: looks });
        const patient = solveExact(mesh);
        if (hurried.type !== "placed") return assert.ok(hurried.type === "unsolved" || patient.type === "infeasible");
        assert.ok(patient.type === "placed" && patient.gap === 0);
        const best = patient.prediction.objectiveMilliseconds;
        assert.ok(hurried.bound <= best * (1 + 1e-9), `${hurried.bound} is above ${best}`);
        assert.ok(hurried.prediction.objectiveMilliseconds >= best * (1 - 1e-9));
        assert.ok(predict(mesh, hurried.segments).type === "possible");
      },
    ),
    { numRuns: 40 },
  );
});

test("a gap that is asked for is kept, on two hundred devices", () => {
  const mesh = drawMesh({ blocks: 48, devices: 200, seed: 3, stages: 4 });
  const { gap, bound, prediction } = placed(mesh, { gap: 0.05 });
  assert.ok(gap <= 0.05);
  assert.ok(bound <= prediction.objectiveMilliseconds);
});

test("solving twice gives the same plan", () => {
  const mesh = drawMesh({ blocks: 24, devices: 8, seed: 5 });
  assert.deepEqual(placed(mesh), placed(mesh));
});
