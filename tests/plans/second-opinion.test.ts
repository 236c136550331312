import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { solveExact } from "../../plans/exact.ts";
import { describeProof, type Planned, predict, type Problem, type Proof, secondOpinion } from "../../plans/mod.ts";
import { weigh } from "../../plans/second-opinion.ts";
import { bruteForce } from "./brute-force.ts";
import { device, home } from "./home.ts";
import { anyProblem } from "./random-problem.ts";

const problem = home([device("laptop", 900, 1), device("desktop", 900, 2)]);

/** A plan that cuts the model before `block`, with what its solver has proven. */
function cut(block: number, solver: string, bound: number): Planned {
  const runs = [{ device: "laptop", first: 0, last: block - 1 }, { device: "desktop", first: block, last: 11 }];
  const predicted = predict(problem, runs);
  assert.ok(predicted.type === "possible");
  const { prediction } = predicted;
  const value = prediction.objectiveMilliseconds;
  const proofs: Proof[] = bound > 0 ? [{ solver, bound }] : [];
  return {
    type: "placed",
    solver,
    segments: prediction.stages,
    prediction,
    bound,
    gap: (value - bound) / value,
    proofs,
    refusals: [],
  };
}

test("the better plan wins, whoever's it is, and keeps both proofs", () => {
  const [worse, better] = [cut(6, "exact", 50), cut(7, "linear", 60)];
  assert.ok(better.prediction.objectiveMilliseconds < worse.prediction.objectiveMilliseconds);
  const weighed = weigh(worse, better);
  assert.deepEqual([weighed.solver, weighed.bound, weighed.proofs.length], ["linear", 60, 2]);
  assert.deepEqual(weigh(cut(7, "exact", 60), cut(6, "linear", 50)).solver, "exact");
});

test("whoever names a solver gets its plan, and the other one's proof of it", () => {
  const weighed = weigh(cut(6, "greedy", 0), cut(7, "linear", 60), "first");
  assert.deepEqual([weighed.solver, weighed.bound], ["greedy", 60]);
  assert.ok(weighed.gap > 0);
});

test("a proof without a plan closes the gap too", () => {
  const first = cut(7, "exact", 50);
  const value = first.prediction.objectiveMilliseconds;
  const proof = { solver: "linear", bound: value * (1 - 1e-8) };
  const weighed = weigh(first, { type: "unsolved", reason: "no plan in time", refusals: [], proof });
  assert.deepEqual([weighed.gap, weighed.bound], [0, value]);
  assert.equal(
    describeProof(weighed).replace(/[\d.]+%/, "N%"),
    "proven to be the best (linear; exact alone: N%), placed by exact",
  );
});

test("a bound above a plan that can be is a slip, and proves nothing", () => {
  const first = cut(7, "exact", 50);
  const { proofs, gap } = weigh(first, cut(6, "linear", first.prediction.objectiveMilliseconds * 1.01));
  assert.deepEqual([proofs.map(({ solver }) => solver), gap], [["exact"], first.gap]);
});

test("a second opinion agrees with the best of all plans, and says who proved it", async () => {
  for (const objective of ["latency", "throughput"] as const) {
    await fc.assert(
      fc.asyncProperty(anyProblem(objective), async (random: Problem) => {
        const first = solveExact(random, { gap: 0.3 });
        if (first.type !== "placed") return;
        const second = await secondOpinion(random, first);
        const { value } = bruteForce(random);
        assert.equal(second.gap, 0);
        assert.ok(Math.abs(second.prediction.objectiveMilliseconds - value) <= 1e-6 * value + 1e-9);
        assert.ok(value === 0 || second.proofs.some(({ solver }) => solver === "linear"));
      }),
      { numRuns: 40 },
    );
  }
});
