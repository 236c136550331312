/** Devices that leave politely: what they run goes to others before they go. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { leaveMesh } from "../../actors/daemon/leaving.ts";
import { planOf } from "../../actors/plan.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

const PROMPT = "Hello";

/** Has a device leave; resolves when it may go, to how long that took in simulated milliseconds. */
async function leave(mesh: SimulatedMesh, id: string, signal = new AbortController().signal): Promise<number> {
  const began = mesh.clock.now();
  let left = false;
  const { system } = mesh.device(id);
  const options = { system, device: id, clock: mesh.clock, milliseconds: 5000, signal, onWait: () => {} };
  void leaveMesh(options).then(() => left = true);
  await mesh.until(() => left);
  return mesh.clock.now() - began;
}

for (const leaver of ["a", "b", "c"]) {
  test(`an answer goes on without a word when ${leaver} leaves politely, and next to nothing is run again`, async () => {
    await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6, holders: 3 });
    const reader = leaver === "c" ? "b" : "c";
    const before = new Map(["a", "b", "c"].map((id) => [id, mesh.device(id).compute.tokens]));
    const answer = mesh.ask(reader, PROMPT, 150);
    await mesh.until(() => answer.text.length > 15);
    const took = await leave(mesh, leaver);
    assert.ok(took < 5000, `it took ${took} ms`);
    const used = planOf((await mesh.device(reader).view()).state)?.segments.map(({ device }) => device);
    assert.ok(used !== undefined && !used.includes(leaver), String(used));
    const after = mesh.device(leaver).compute.tokens;
    await mesh.kill(leaver);
    await mesh.until(() => answer.over);
    assert.equal(answer.text, mesh.expected(PROMPT, 150));
    assert.equal(answer.conversations, 2, "it went over once");
    const others = ["a", "b", "c"].filter((id) => id !== leaver);
    for (const id of others) {
      const ran = mesh.device(id).compute.tokens - (before.get(id) ?? 0);
      assert.ok(ran <= PROMPT.length + 150 + 2, `${id} ran ${ran} tokens`);
    }
    assert.ok(after - (before.get(leaver) ?? 0) < PROMPT.length + 150, "it was not needed to the end");
  });
}

test("who has nothing that others could take over goes at once, and who is in a hurry too", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 6, holders: 2 });
  const idle = mesh.join("c");
  await mesh.clock.advance(100);
  assert.ok(await leave(mesh, idle.id) < 500, "it had no segment");
  await mesh.kill("c");
  const hurry = new AbortController();
  hurry.abort();
  assert.ok(await leave(mesh, "b", hurry.signal) < 500, "it was in a hurry");
  await mesh.kill("b");
  await mesh.until(async () => planOf((await mesh.device("a").view()).state)?.segments.length === 1);
  assert.ok(await leave(mesh, "a") < 500, "it was alone");
});

test("devices that all leave at once do not wait for each other", async () => {
  await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6, holders: 3 });
  const gone = new Set<string>();
  for (const id of ["a", "b", "c"]) {
    const { system } = mesh.device(id);
    const signal = new AbortController().signal;
    void leaveMesh({ system, device: id, clock: mesh.clock, milliseconds: 5000, signal, onWait: () => {} })
      .then(() => gone.add(id));
  }
  const began = mesh.clock.now();
  for (let left = 3; left > 0; left -= gone.size, gone.clear()) {
    await mesh.until(() => gone.size > 0);
    for (const id of gone) await mesh.kill(id);
  }
  assert.ok(mesh.clock.now() - began < 3000, `it took ${mesh.clock.now() - began} ms`);
});
