/** How long a mesh is without a plan, on a simulated clock: only what has to be done takes time, and nobody waits for a tick. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf } from "../../actors/plan.ts";
import { simulatedMesh } from "./mesh/simulated-mesh.ts";

const FOUR = ["a", "b", "c", "d"];
/** Loading a segment takes 20 ms; the rest is messages, and the moment in which more may be lost. */
const AT_MOST = 100;

for (
  const [what, ...gone] of [["a device in the middle", "c"], ["the leader", "a"], ["both at once", "a", "c"]] as const
) {
  test(`a plan that loses ${what} is replaced within ${AT_MOST} ms of the loss`, async () => {
    await using mesh = await simulatedMesh(FOUR, { layers: 6, holders: gone.length });
    // Until every block has its second copy, or its third.
    await mesh.clock.advance(15_000);
    for (const id of gone) await mesh.kill(id);
    const lost = mesh.clock.now();
    await mesh.until(async () => {
      const plan = planOf((await mesh.device("d").view()).state);
      return plan !== undefined && !plan.segments.some(({ device }) => gone.some((id) => id === device));
    }, 5000);
    const took = mesh.clock.now() - lost;
    assert.ok(took <= AT_MOST, `it took ${took} ms`);
  });
}
