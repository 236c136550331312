import assert from "node:assert/strict";
import { test } from "node:test";
import { drawMesh } from "../../bench/plans/meshes.ts";
import { plan, type Problem, type SolverName, solverNames } from "../../plans/mod.ts";
import { device, home } from "./home.ts";

async function placed(problem: Problem, solver: SolverName) {
  const outcome = await plan(problem, { solver, gap: 0.05 });
  assert.ok(outcome.type === "placed", outcome.type === "placed" ? "" : outcome.reason);
  return outcome;
}

test("the solver that is asked places", async () => {
  const problem = { ...home([device("laptop", 900, 1), device("desktop", 900, 2)]), source: "laptop" };
  for (const solver of solverNames) {
    const outcome = await placed(problem, solver);
    assert.deepEqual([outcome.solver, outcome.instead], [solver, undefined]);
  }
});

test("where the solver that is asked comes to nothing that devices can run, exact places and the plan says why", async () => {
  // Algorithm 1 starts on the fast device, leaves it where the other is faster, and comes back.
  const [a, b] = [device("a", 2000, 1), device("b", 2000, 1)];
  const slow = (index: number) => index >= 4 && index < 8;
  const varied = [a, b].map((each, which) => ({
    ...each,
    decodeMilliseconds: each.decodeMilliseconds.map((_, index) => slow(index) === (which === 0) ? 50 : 1),
  }));
  const twice = await placed({ ...home(varied), source: "a" }, "dynamic");
  assert.deepEqual([twice.solver, twice.instead], ["exact", "dynamic: its plan uses a device twice."]);

  const large = await placed(drawMesh({ blocks: 24, devices: 60, seed: 1 }), "linear");
  assert.equal(large.solver, "exact");
  assert.match(large.instead ?? "", /^linear: The program would have \d+ columns/);
});

test("a plan that an algorithm misses though there is one is found by exact", async () => {
  // Memory binds: Algorithm 1 gives the fast device away too early.
  let missed = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const mesh = drawMesh({ blocks: 10, devices: 4, seed, stages: 3 });
    const exact = await plan(mesh);
    if (exact.type !== "placed") continue;
    const outcome = await placed(mesh, "dynamic");
    if (outcome.solver === "exact") missed++;
  }
  assert.ok(missed > 0);
});
