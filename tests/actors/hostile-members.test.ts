/** Members that misbehave in a whole mesh: what they do ends when they leave, at the latest. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { leaderOf, supervisorOf } from "../../actors/addresses.ts";
import { planOf } from "../../actors/plan.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { type HostileMember, hostileMember } from "./mesh/hostile-member.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

const THREE = ["a", "b", "c"];
/** A mesh that was deceived may take so long until it serves again. */
const RECOVERY_MILLISECONDS = 8000;

/** Every device answers, and answers right, within the time that a mesh may take to recover. */
async function serves(mesh: SimulatedMesh): Promise<void> {
  const answers = THREE.map((at) => mesh.ask(at, `Hello ${at}`, 6));
  await mesh.until(() => answers.every(({ over }) => over), RECOVERY_MILLISECONDS);
  for (const [index, { text }] of answers.entries()) assert.equal(text, mesh.expected(`Hello ${THREE[index]}`, 6));
}

/** Says to every device that `leader` leads. */
function claim({ tell }: HostileMember, term: number, leader: string): void {
  for (const id of THREE) tell(leaderOf(id), { type: "claim", term, leader });
}

/** Publishes that there is nothing to serve, to every device, by both ways that there may be. */
function publish({ id, tell }: HostileMember, term: number): void {
  const order = { type: "publish", term, leader: id, state: { models: [], reason: "I am the captain now." } };
  for (const device of THREE) {
    tell(supervisorOf(device), order);
    tell(leaderOf(device), { type: "order", order });
  }
}

/** Has a device load blocks for a plan of this number. */
function assign(mesh: SimulatedMesh, { id, tell }: HostileMember, to: string, term: number, epoch: number): void {
  const policy = { objective: "even", privateLayers: 0, privateHead: false, only: [], exclude: [], trusted: [] };
  const order = {
    type: "assign",
    number: { term, epoch },
    model: mesh.manifest.id,
    policy: { ...policy, context: 64, concurrency: 1 },
    ...{ first: 1, last: 1, context: 64, concurrency: 1, bytes: 1000, sources: ["a"] },
    replyTo: leaderOf(id),
  };
  tell(supervisorOf(to), order);
  tell(leaderOf(to), { type: "order", order });
}

test("a publication of who is not elected changes nothing, of whatever term, also after it has left", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6 });
  const before = planOf((await mesh.device("b").view()).state)?.number;
  const eve = hostileMember(mesh, "eve");
  for (const term of [2, 900_000, Number.MAX_SAFE_INTEGER]) publish(eve, term);
  await mesh.clock.advance(100);
  for (const id of THREE) assert.deepEqual(planOf((await mesh.device(id).view()).state)?.number, before);
  await eve.leave();
  await serves(mesh);
});

for (const term of [2, 900_000, Number.MAX_SAFE_INTEGER]) {
  test(`a member that has itself elected in term ${term} and leaves is forgotten within seconds`, async () => {
    await using mesh = await simulatedMesh(THREE, { layers: 6, holders: 3 });
    const eve = hostileMember(mesh, "eve");
    await mesh.clock.advance(100);
    claim(eve, term, "eve");
    await mesh.clock.advance(10);
    publish(eve, term);
    await mesh.clock.advance(100);
    assert.equal((await mesh.device("b").view()).leader, "eve", "it leads while it is there");
    await eve.leave();
    await serves(mesh);
    const d = mesh.join("d");
    await mesh.until(async () => (await d.view()).leader === "a", RECOVERY_MILLISECONDS);
    assert.ok((await d.view()).term < 100, "a term that was made up is gone");
  });
}

test("claims in other devices' names, of whatever terms, leave a mesh that serves", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6, holders: 3 });
  const eve = hostileMember(mesh, "eve");
  await mesh.clock.advance(100);
  for (const term of [2, 1000, 1_000_000, Number.MAX_SAFE_INTEGER]) {
    for (const leader of [...THREE, "eve", "nobody"]) claim(eve, term, leader);
  }
  await mesh.clock.advance(5000);
  await eve.leave();
  await mesh.clock.advance(3000);
  await serves(mesh);
});

test("an assignment of who is not elected is not carried out; one of who was is let go after it has left", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6, holders: 3 });
  const segments = () => THREE.map((id) => mesh.device(id).compute.segments.size);
  const eve = hostileMember(mesh, "eve");
  await mesh.clock.advance(100);
  for (const id of THREE) for (const term of [1, 900_000]) assign(mesh, eve, id, term, 1_000_000);
  await mesh.clock.advance(1000);
  assert.deepEqual(segments(), [1, 1, 1]);
  claim(eve, 900_000, "eve");
  await mesh.clock.advance(10);
  for (const id of THREE) assign(mesh, eve, id, 900_000, 1_000_000);
  await mesh.clock.advance(1000);
  assert.deepEqual(segments(), [2, 2, 2], "it leads");
  await eve.leave();
  await serves(mesh);
  await mesh.until(() => segments().join() === "1,1,1", RECOVERY_MILLISECONDS);
});

test("a member that opens sequences for what never ends takes no place, and one that opens its own gives them back", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6, policy: { concurrency: 4 } });
  const plan = planOf((await mesh.device("a").view()).state);
  const eve = hostileMember(mesh, "eve");
  await mesh.clock.advance(100);
  const open = (conversation: unknown) => {
    for (const { ref } of plan?.segments ?? []) {
      for (let slot = 0; slot < 4; slot++) {
        const common = { type: "open", sequence: 1000 + slot, slot, route: [], sampling: defaultSampling };
        for (let time = 0; time < 2; time++) eve.tell(ref, { ...common, conversation });
      }
    }
  };
  for (const victim of THREE.toReversed()) {
    open(supervisorOf(victim));
    open({ ...supervisorOf(victim), incarnation: "0123456789abcd.1" });
  }
  await mesh.clock.advance(100);
  await serves(mesh);
  open({ device: "eve", path: "/supervisor/conversation-1", incarnation: "0123456789abcd.1", channel: "control" });
  await mesh.clock.advance(100);
  await eve.leave();
  await serves(mesh);
});

function conversation(plan: unknown, id: string, text: string): Readonly<Record<string, unknown>> {
  return {
    type: "converse",
    id,
    plan,
    request: { prompt: { type: "text", text }, sampling: defaultSampling, maxTokens: 400, stop: [] },
    progress: { generated: [], sent: 0 },
    answer: { device: "eve", path: "/answer", incarnation: "0123456789abcd.1", channel: "control" },
  };
}

test("a member that asks for too many conversations is told so, others go on, and all it had is free when it leaves", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6 });
  const number = planOf((await mesh.device("a").view()).state)?.number;
  const eve = hostileMember(mesh, "eve");
  await mesh.clock.advance(100);
  const ask = async (name: string, text: string) => {
    const asked = Array.from({ length: 300 }, (_, index) => {
      return eve.ask(supervisorOf("a"), conversation(number, `${name}${index}`, text));
    });
    await mesh.clock.advance(100);
    return JSON.stringify(await Promise.all(asked));
  };
  assert.equal((await ask("c", "Hello")).split('"conversing"').length - 1, 256);
  assert.match(await ask("d", "Hello"), /has 256 conversations here already/);
  const conversations = () => {
    const actors = mesh.device("a").system.inspect.snapshot();
    return actors.filter(({ path }) => path.includes("/conversation-c")).length;
  };
  assert.equal(conversations(), 256);
  await eve.leave();
  await mesh.clock.advance(100);
  assert.equal(conversations(), 0);
  await serves(mesh);
});

test("a member has as much read as a device may spare the time for, and no more", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6 });
  const number = planOf((await mesh.device("a").view()).state)?.number;
  const eve = hostileMember(mesh, "eve");
  await mesh.clock.advance(100);
  const asked = Array.from({ length: 17 }, (_, index) => {
    return eve.ask(supervisorOf("a"), conversation(number, `c${index}`, "x".repeat(240_000)));
  });
  await mesh.clock.advance(100);
  const answers = JSON.stringify(await Promise.all(asked));
  assert.equal(answers.split("sends prompts faster").length - 1, 13, "a mebibyte is read");
  await serves(mesh);
});

test("a conversation whose id cannot be an actor's name crashes nothing", async () => {
  await using mesh = await simulatedMesh(THREE, { layers: 6 });
  const number = planOf((await mesh.device("a").view()).state)?.number;
  const eve = hostileMember(mesh, "eve");
  await mesh.clock.advance(100);
  const asked = ["a/b", "", "x".repeat(128)].map((id) => eve.ask(supervisorOf("a"), conversation(number, id, "Hello")));
  await mesh.clock.advance(100);
  await Promise.all(asked);
  const supervisor = mesh.device("a").system.inspect.snapshot().find(({ path }) => path === "/supervisor");
  assert.equal(supervisor?.restarts, 0);
  await serves(mesh);
});
