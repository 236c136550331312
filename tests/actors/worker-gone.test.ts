/** A whole mesh whose compute workers die: the leader has the segment loaded anew, readers see a pause. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { simulatedMesh } from "./mesh/simulated-mesh.ts";

for (const device of ["a", "b", "c"]) {
  test(`an answer is taken up when the compute worker of ${device} dies, with the same text`, async () => {
    await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6 });
    const answer = mesh.ask("c", "Hello", 40);
    await mesh.until(() => answer.text.length > 10);
    mesh.device(device).compute.die();
    await mesh.until(() => answer.over, 20_000);
    assert.equal(answer.text, mesh.expected("Hello", 40));
    assert.ok(answer.conversations > 1);
    assert.equal(mesh.device(device).compute.segments.size, 1);
  });
}
