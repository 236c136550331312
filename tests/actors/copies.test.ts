/** Second copies in whole meshes on a simulated clock: whoever dies, the others go on; what only one has is waited for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf, standingOf } from "../../actors/plan.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

const FOUR = ["a", "b", "c", "d"];
const FULL = { freeDisk: 0 };

async function standing(mesh: SimulatedMesh, at: string): Promise<string> {
  const now = standingOf((await mesh.device(at).view()).state);
  return now.type === "active" ? now.plan.segments.map(({ device }) => device).join() : now.reason;
}

async function answers(mesh: SimulatedMesh, at: string, milliseconds: number): Promise<void> {
  const answer = mesh.ask(at, "Hello", 8);
  await mesh.until(() => answer.over, milliseconds);
  assert.equal(answer.text, mesh.expected("Hello", 8));
}

for (const objective of ["even", "latency"] as const) {
  test(`every block is on two disks under a plan for ${objective}: any device dies, then another, and the rest answer`, async () => {
    await using mesh = await simulatedMesh(objective === "even" ? FOUR : ["a"], { layers: 6, policy: { objective } });
    if (objective !== "even") { for (const id of ["b", "c", "d"]) mesh.join(id); }
    await mesh.clock.advance(10_000);
    for (const gone of ["a", "b"]) {
      await mesh.kill(gone);
      await answers(mesh, "d", 5000);
      await mesh.clock.advance(10_000);
    }
  });
}

test("what is published names who has which blocks; a device that comes back says what its disk still has", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 6 });
  await mesh.clock.advance(10_000);
  const [state] = (await mesh.device("b").view()).state.models;
  const named = state?.recall?.holders.map(({ name, blocks }) => [name, blocks]);
  assert.deepEqual(named, [["a", [[0, 7]]], ["b", [[0, 7]]]]);
});

test("where no disk has room, the others say whom they wait for, and go on at once when it is back", async () => {
  await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6, ...FULL });
  await mesh.clock.advance(10_000);
  await mesh.kill("a");
  const reason = "Blocks 0 to 2 of numbers are on a only, which is away.";
  await mesh.until(async () => await standing(mesh, "c") === reason, 3000);
  const asked = mesh.ask("c", "Hello", 8);
  await mesh.until(() => asked.over, 70_000);
  const last = asked.events.at(-1);
  assert.deepEqual(last, { type: "failed", code: "no_plan", message: reason });
  assert.equal(await standing(mesh, "b"), reason);
  mesh.join("a");
  // Nobody is planned around: nobody had failed.
  await mesh.until(async () => (await standing(mesh, "c")).length === 5, 3000);
  await answers(mesh, "b", 3000);
});

test("a mesh whose only device with a model has left waits for it by name, whoever leads", async () => {
  await using mesh = await simulatedMesh(["a"], { layers: 6, policy: { objective: "latency" }, ...FULL });
  for (const id of ["b", "c"]) mesh.join(id);
  await mesh.clock.advance(5000);
  await mesh.kill("a");
  const reason = "The blocks of numbers are on a only, which is away.";
  await mesh.until(async () => await standing(mesh, "c") === reason, 5000);
  await mesh.kill("b");
  await mesh.clock.advance(5000);
  assert.equal(await standing(mesh, "c"), reason);
  mesh.join("a");
  await mesh.until(async () => planOf((await mesh.device("c").view()).state) !== undefined, 3000);
});
