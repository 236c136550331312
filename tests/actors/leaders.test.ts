/** Leaders in whole meshes on a simulated clock: crashed, cut off, come back; what readers and devices notice of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { leaderOf } from "../../actors/addresses.ts";
import type { Split } from "../../actors/leader/policy.ts";
import type { Pinned } from "../../actors/leader/protocol.ts";
import { type ActivePlan, planOf } from "../../actors/plan.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { defined } from "./defined.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

const THREE = ["a", "b", "c"];

async function planAt(mesh: SimulatedMesh, at: string): Promise<ActivePlan | undefined> {
  return planOf((await mesh.device(at).view()).state);
}

const devicesOf = (plan: ActivePlan | undefined) => plan?.segments.map(({ device }) => device).join() ?? "";

/** A message that no behaviour survives. */
function crashLeader(mesh: SimulatedMesh, at: string): void {
  mesh.device(at).system.tell(leaderOf(at), { type: "report" } as never);
}

async function pin(mesh: SimulatedMesh, at: string, split: Split | null): Promise<void> {
  const make = (replyTo: Ref<Reply<Pinned>>) => ({ type: "pin" as const, split, replyTo });
  const asked = mesh.device(at).system.ask(leaderOf(at), make, { timeoutMs: 1000 });
  await mesh.clock.advance(10);
  const outcome = await asked;
  assert.ok(outcome.type === "reply" && outcome.value.type === "accepted", JSON.stringify(outcome));
}

function cutOff(mesh: SimulatedMesh, id: string): void {
  for (const other of THREE) if (other !== id) mesh.network.disconnect(id, other);
}

function rejoin(mesh: SimulatedMesh, id: string): void {
  for (const other of THREE) if (other !== id) mesh.network.connect(id, other);
}

/** Every device holds what the plan has it hold, and nothing else. */
async function tidy(mesh: SimulatedMesh): Promise<boolean> {
  const views = await Promise.all(THREE.map((id) => mesh.device(id).view()));
  const plans = views.map(({ state }) => planOf(state));
  const same = plans.every((plan) => isDeepStrictEqual(plan, plans[0]));
  return same && devicesOf(plans[0]) !== "" && THREE.every((id) => {
    const planned = plans[0]?.segments.filter(({ device }) => device === id) ?? [];
    const held = [...mesh.device(id).compute.segments];
    return held.length === planned.length &&
      planned.every(({ first }) => held.some((segment) => segment.first === first));
  });
}

test("a leader actor that crashes goes on with the plan that it had published; nobody notices", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6 });
  // Until every block has its second copy.
  await mesh.clock.advance(5000);
  const before = defined(await planAt(mesh, "c"));
  const answer = mesh.ask("c", "Hello", 400);
  await mesh.until(() => answer.text.length > 3);
  const told = THREE.map((id) => mesh.device(id).events.length);
  crashLeader(mesh, "a");
  await mesh.clock.advance(8000);
  assert.deepEqual((await planAt(mesh, "c"))?.number, before.number);
  const news = THREE.flatMap((id, at) => mesh.device(id).events.slice(told[at]).map(({ type }) => type));
  assert.deepEqual(news.filter((type) => type !== "leader" && type !== "answer"), []);
  assert.ok((await mesh.device("c").view()).term > before.number.term, "the same leader, in a new term");
  await mesh.until(() => answer.over);
  assert.equal(answer.conversations, 1);
});

test("a split that was asked for outlives a crash of the leader actor, and is forgotten when people say so", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6, holders: 3 });
  await pin(mesh, "a", [{ device: "b", blocks: 5 }, { device: "c", blocks: 3 }]);
  await mesh.until(async () => devicesOf(await planAt(mesh, "a")) === "b,c");
  crashLeader(mesh, "a");
  await mesh.clock.advance(8000);
  assert.equal(devicesOf(await planAt(mesh, "a")), "b,c");
  await pin(mesh, "a", null);
  await mesh.until(async () => (await planAt(mesh, "a"))?.planner === "even");
  await mesh.kill("a");
  await mesh.clock.advance(8000);
  assert.equal((await planAt(mesh, "b"))?.planner, "even");
});

test("a split that was asked for outlives all who led, as long as one device lives on", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6, holders: 3 });
  await pin(mesh, "a", [{ device: "c", blocks: 8 }]);
  await mesh.until(async () => devicesOf(await planAt(mesh, "c")) === "c");
  await mesh.kill("a");
  await mesh.kill("b");
  await mesh.until(async () => (await mesh.device("c").view()).leader === "c");
  for (const id of ["a", "b"]) mesh.join(id);
  await mesh.clock.advance(10_000);
  const plan = defined(await planAt(mesh, "a"));
  assert.deepEqual([plan.planner, devicesOf(plan)], ["pinned", "c"]);
});

test("a leader that is lost and has no part in the plan is followed by one that goes on with it", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6, holders: 3 });
  await pin(mesh, "a", [{ device: "b", blocks: 4 }, { device: "c", blocks: 4 }]);
  await mesh.until(async () => devicesOf(await planAt(mesh, "c")) === "b,c");
  const before = defined(await planAt(mesh, "c"));
  const answer = mesh.ask("c", "Hello", 150);
  await mesh.until(() => answer.text.length > 3);
  await mesh.kill("a");
  await mesh.until(async () => (await mesh.device("c").view()).leader === "b");
  await mesh.clock.advance(3000);
  assert.deepEqual((await planAt(mesh, "c"))?.number, before.number);
  await mesh.until(() => answer.over);
  assert.deepEqual([answer.text, answer.conversations], [mesh.expected("Hello", 150), 1]);
});

test("what is loaded for a leader that dies meanwhile is done anew by who leads next; nothing else stays", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6, holders: 3, loadMilliseconds: 2000 });
  await pin(mesh, "a", [{ device: "b", blocks: 4 }, { device: "c", blocks: 4 }]);
  await mesh.until(async () => devicesOf(await planAt(mesh, "c")) === "b,c");
  // What ran before stays for a moment, for those who inherit from it.
  await mesh.clock.advance(4000);
  const before = defined(await planAt(mesh, "c"));
  await pin(mesh, "a", [{ device: "b", blocks: 3 }, { device: "c", blocks: 5 }]);
  await mesh.clock.advance(1000);
  await mesh.kill("a");
  await mesh.clock.advance(500);
  assert.deepEqual((await planAt(mesh, "c"))?.number, before.number);
  await mesh.clock.advance(10_000);
  assert.deepEqual((await planAt(mesh, "c"))?.segments.map(({ first, last }) => [first, last]), [[0, 2], [3, 7]]);
  for (const id of ["b", "c"]) assert.equal(mesh.device(id).compute.segments.size, 1, `segments on ${id}`);
});

for (const seconds of [1, 4, 40]) {
  test(`a leader that was cut off for ${seconds} s is harmless when it comes back; its own plan is let go`, async () => {
    await using mesh = await simulatedMesh(THREE, { layers: 6, holders: 2 });
    const { number } = defined(await planAt(mesh, "a"));
    const answers = THREE.map((at) => mesh.ask(at, "Hello", 60));
    await mesh.until(() => answers.every(({ text }) => text.length > 3));
    cutOff(mesh, "a");
    await mesh.clock.advance(seconds * 1000);
    rejoin(mesh, "a");
    await mesh.until(() => answers.every(({ over }) => over), 20_000);
    for (const answer of answers) assert.equal(answer.text, mesh.expected("Hello", 60));
    await mesh.until(async () => devicesOf(await planAt(mesh, "a")).length === 5 && await tidy(mesh), 20_000);
    const after = defined(await planAt(mesh, "a"));
    assert.ok(after.number.term > number.term, "plans of two leaders never bear the same number");
    const late = THREE.map((at) => mesh.ask(at, "World", 6));
    await mesh.until(() => late.every(({ over }) => over), 5000);
    for (const answer of late) assert.equal(answer.text, mesh.expected("World", 6));
  });
}

test("a leader that comes and goes leaves one plan and nothing else loaded", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6, holders: 3 });
  for (const milliseconds of [100, 700, 1300, 250, 3100, 450]) {
    cutOff(mesh, "a");
    await mesh.clock.advance(milliseconds);
    rejoin(mesh, "a");
    await mesh.clock.advance(milliseconds);
  }
  await mesh.until(() => tidy(mesh), 20_000);
  const answer = mesh.ask("a", "Hello", 8);
  await mesh.until(() => answer.over, 5000);
  assert.equal(answer.text, mesh.expected("Hello", 8));
});

test("segments that were loaded for a plan that failed elsewhere are let go", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 6 });
  const before = defined(await planAt(mesh, "a"));
  const c = mesh.join("c");
  c.compute.failNextLoads(1, "there is no memory for it");
  await mesh.until(() => c.events.some((event) => event.type === "warning" && event.message.includes("no memory")));
  await mesh.clock.advance(10_000);
  assert.deepEqual((await planAt(mesh, "a"))?.number, before.number);
  for (const id of ["a", "b"]) assert.equal(mesh.device(id).compute.segments.size, 1, `segments on ${id}`);
});
