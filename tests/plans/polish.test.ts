import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { drawMesh } from "../../bench/plans/meshes.ts";
import { chainCost } from "../../plans/exact/chain.ts";
import { collapse } from "../../plans/exact/classes.ts";
import { polish } from "../../plans/exact/polish.ts";
import { solveExact } from "../../plans/exact.ts";
import { weightsOf } from "../../plans/weights.ts";

test("polishing never makes a chain worse, keeps it a chain, and never beats the optimum", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom(1, 3), (seed, clusters) => {
      const mesh = drawMesh({ blocks: 16, devices: 7, seed, stages: 4, clusters, jitter: 0.6 });
      const weights = collapse(weightsOf(mesh));
      const [hurried, patient] = [solveExact(mesh, { gap: 0.9 }), solveExact(mesh)];
      if (hurried.type !== "placed" || patient.type !== "placed") return;
      const runs = hurried.segments.map(({ device, first, last }) => {
        const index = mesh.devices.findIndex((each) => each.device === device);
        return { device: weights.members.findIndex((each) => each.includes(index)), first, end: last + 1 };
      });
      const cost = chainCost(weights, runs);
      const polished = polish(weights, { runs, cost }, () => false);
      assert.ok(polished.cost <= cost);
      assert.ok(Math.abs(polished.cost - chainCost(weights, polished.runs)) <= 1e-9 * cost);
      assert.ok(polished.cost >= patient.prediction.objectiveMilliseconds * (1 - 1e-9));
    }),
    { numRuns: 60 },
  );
});

test("large meshes: a bound at a deadline is one that a patient search keeps", () => {
  for (const seed of [1, 2, 3]) {
    const mesh = drawMesh({ blocks: 32, devices: 40, seed, stages: 6, clusters: 4 });
    let looks = 0;
    const hurried = solveExact(mesh, { now: () => looks++, deadline: 60 });
    const patient = solveExact(mesh, { gap: 0.01 });
    assert.ok(hurried.type === "placed" && patient.type === "placed");
    assert.ok(hurried.bound <= patient.prediction.objectiveMilliseconds * (1 + 1e-9));
    assert.ok(patient.bound <= hurried.prediction.objectiveMilliseconds * (1 + 1e-9));
  }
});
