/** Whole meshes that are hurt, in every phase, on a simulated clock: what readers get, and what devices are left with. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf } from "../../actors/plan.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

const THREE = ["a", "b", "c"];

/** Devices of the plan in force as one of them sees it; empty where there is none. */
async function planned(mesh: SimulatedMesh, at: string): Promise<string[]> {
  const plan = planOf((await mesh.device(at).view()).state);
  return plan?.segments.map(({ device }) => device) ?? [];
}

test("a device that is lost while it loads is planned around, and nothing of the attempt stays loaded", async () => {
  await using mesh = await simulatedMesh(["a"], { layers: 6, loadMilliseconds: 5000 });
  mesh.join("b");
  mesh.join("c");
  await mesh.until(() => mesh.device("b").events.some(({ type }) => type === "leader"));
  await mesh.clock.advance(4000);
  await mesh.kill("b");
  await mesh.until(async () => (await planned(mesh, "a")).join() === "a,c");
  await mesh.clock.advance(10_000);
  for (const id of ["a", "c"]) assert.equal(mesh.device(id).compute.segments.size, 1, `segments on ${id}`);
  const answer = mesh.ask("c", "Hello", 8);
  await mesh.until(() => answer.over);
  assert.equal(answer.text, mesh.expected("Hello", 8));
});

test("a device that cannot load its segment is planned around until its time is over", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 6 });
  const c = mesh.join("c");
  c.compute.failNextLoads(1, "there is no memory for it");
  await mesh.until(() => c.events.some((event) => event.type === "warning" && event.message.includes("no memory")));
  await mesh.clock.advance(10_000);
  assert.deepEqual(await planned(mesh, "a"), ["a", "b"]);
  await mesh.until(async () => (await planned(mesh, "a")).length === 3);
});

for (const gone of ["b", "c"]) {
  test(`readers on the other devices get the same text when ${gone} dies while several prompts run`, async () => {
    await using mesh = await simulatedMesh(THREE, { layers: 6 });
    const asked = THREE.filter((id) => id !== gone).flatMap((at) =>
      ["Hello", "The quick brown fox"].map((prompt) => ({ prompt, answer: mesh.ask(at, prompt, 30) }))
    );
    await mesh.until(() => asked.every(({ answer }) => answer.text.length > 3));
    await mesh.kill(gone);
    await mesh.until(() => asked.every(({ answer }) => answer.over));
    for (const { prompt, answer } of asked) assert.equal(answer.text, mesh.expected(prompt, 30));
  });
}

test("two devices that lose each other, but not the leader, do not leave a reader waiting", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6 });
  const answer = mesh.ask("a", "Hello", 40);
  await mesh.until(() => answer.text.length > 5);
  mesh.network.disconnect("b", "c");
  await mesh.clock.advance(3000);
  mesh.network.connect("b", "c");
  await mesh.until(() => answer.over, 70_000);
  assert.equal(answer.text, mesh.expected("Hello", 40));
});

test("a reader who leaves frees the places of all devices", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6, policy: { concurrency: 1 } });
  const first = mesh.ask("b", "Hello", 400);
  await mesh.until(() => first.text.length > 3);
  const second = mesh.ask("c", "World", 6);
  await mesh.clock.advance(500);
  assert.equal(second.text, "", "there is one place");
  first.leave();
  await mesh.until(() => second.over, 5000);
  assert.equal(second.text, mesh.expected("World", 6));
});

test("a model that is not served is refused before anything runs; name, id and default are taken", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6 });
  const steps = () => THREE.reduce((sum, id) => sum + mesh.device(id).compute.steps, 0);
  const before = steps();
  const wrong = mesh.ask("c", "Hello", 4, { model: "gpt-5" });
  await mesh.until(() => wrong.over);
  assert.deepEqual(wrong.events, [{
    type: "failed",
    code: "model_not_found",
    message: 'The mesh runs "numbers", not "gpt-5"; "default" stands for the first.',
  }]);
  assert.equal(steps(), before);
  for (const model of ["numbers", mesh.manifest.id, "default"]) {
    const right = mesh.ask("c", "Hello", 4, { model });
    await mesh.until(() => right.over);
    assert.equal(right.text, mesh.expected("Hello", 4));
  }
});

test("a prompt too large for a frame fails with a word of it, and the daemons live", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6 });
  const large = mesh.ask("c", "x".repeat(1_100_000), 4);
  await mesh.until(() => large.over);
  const [event] = large.events;
  assert.ok(event?.type === "failed" && event.code === "prompt_too_large", JSON.stringify(event));
  const next = mesh.ask("c", "Hello", 4);
  await mesh.until(() => next.over);
  assert.equal(next.text, mesh.expected("Hello", 4));
});
