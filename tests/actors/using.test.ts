/** Another model for the whole mesh, or beside the others, while it answers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { leaderOf, supervisorOf } from "../../actors/addresses.ts";
import { decideUse, type Situation, type Use, type Used } from "../../actors/leader/using.ts";
import { modelOf, type ModelState } from "../../actors/plan.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { policy } from "./acting-stage.ts";
import { fakeManifest } from "./mesh/fake-model.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

const OTHER = fakeManifest(4, "letters");
const IDS = ["a", "b", "c"];
/** Bytes of one of the two models and its caches on one device, and of both. */
const ROOM_FOR_ONE = 130_000;

test("a switch loads the next model beside the one before, which ends what it has begun and then goes", async () => {
  await using mesh = await simulatedMesh(IDS, { layers: 6, holders: 3, others: [OTHER] });
  const old = mesh.ask("b", "Hello", 200);
  await mesh.until(() => old.text !== "");
  assert.equal((await use(mesh, OTHER)).type, "accepted");
  await mesh.until(async () => (await served(mesh, "c")).join() === "letters");
  assert.equal(old.over, false, "it is still read");
  assert.deepEqual(await retiring(mesh, "c"), ["numbers"]);
  const next = mesh.ask("c", "Hello", 8);
  await mesh.until(() => next.over && old.over);
  assert.equal(old.text, mesh.expected("Hello", 200));
  assert.equal(old.conversations, 1);
  assert.equal(next.text, mesh.expected("Hello", 8, 4));
  await mesh.until(async () => (await retiring(mesh, "a")).length === 0);
  await mesh.clock.advance(5000);
  for (const id of IDS) assert.ok(mesh.device(id).compute.segments.size <= 1, `${id} has let go of the model before`);
});

test("with --now what has begun breaks off at once, and its reader is told why", async () => {
  await using mesh = await simulatedMesh(IDS, { layers: 6, holders: 3, others: [OTHER] });
  const old = mesh.ask("b", "Hello", 200);
  await mesh.until(() => old.text !== "");
  await use(mesh, OTHER, { hurry: true });
  await mesh.until(() => old.over, 5000);
  const last = old.events.at(-1);
  assert.equal(last?.type === "failed" ? last.code : "", "interrupted");
  assert.match(last?.type === "failed" ? last.message : "", /does not serve "numbers" any more/);
});

test("where there is not room for both, the model before ends what it has begun first", async () => {
  const limits = { memoryLimitBytes: ROOM_FOR_ONE / 3 };
  await using mesh = await simulatedMesh(IDS, { layers: 6, holders: 3, others: [OTHER], ...limits });
  const old = mesh.ask("b", "Hello", 100);
  await mesh.until(() => old.text !== "");
  assert.equal((await use(mesh, OTHER)).type, "accepted");
  await mesh.until(async () => (await served(mesh, "c")).join() === "letters");
  assert.equal(old.text, mesh.expected("Hello", 100));
});

test("a model that cannot fit is refused with what is short, and what is served stays as it is", async () => {
  const huge = fakeManifest(60, "huge");
  const limits = { memoryLimitBytes: ROOM_FOR_ONE / 3 };
  await using mesh = await simulatedMesh(IDS, { layers: 6, holders: 3, others: [huge], ...limits });
  const refused = await use(mesh, huge);
  assert.equal(refused.type === "refused" ? refused.why : "", "no-room");
  assert.match(refused.type === "refused" ? refused.reason : "", /needs .* offers /);
  await mesh.clock.advance(3000);
  assert.deepEqual(await served(mesh, "a"), ["numbers"]);
});

test("two models are served at once, requests choose, and both come back after all devices were off", async () => {
  await using mesh = await simulatedMesh(IDS, { layers: 6, holders: 3, others: [OTHER] });
  await use(mesh, OTHER, { how: "add" });
  const both = async () => (await served(mesh, "b")).join() === "letters,numbers";
  await mesh.until(both);
  const [one, other] = [
    mesh.ask("c", "Hello", 8, { model: "numbers" }),
    mesh.ask("a", "Hello", 8, { model: "letters" }),
  ];
  await mesh.until(() => one.over && other.over);
  assert.deepEqual([one.text, other.text], [mesh.expected("Hello", 8), mesh.expected("Hello", 8, 4)]);
  await mesh.until(() => IDS.every((id) => mesh.kept.get(id)?.charter.text.includes("letters") === true));
  for (const id of IDS) await mesh.kill(id);
  for (const id of IDS) mesh.join(id);
  await mesh.until(both);
});

test("where there is not the room for all, the model that was used least lately is let go of", async () => {
  const third = fakeManifest(4, "signs");
  const limits = { memoryLimitBytes: 60_000 };
  await using mesh = await simulatedMesh(IDS, { layers: 4, holders: 3, others: [OTHER, third], ...limits });
  await use(mesh, OTHER, { how: "add" });
  await mesh.until(async () => (await served(mesh, "b")).join() === "letters,numbers");
  for (const [model, tokens] of [["letters", 20], ["numbers", 200]] as const) {
    const answer = mesh.ask("a", "Hello", tokens, { model });
    await mesh.until(() => answer.over);
  }
  await use(mesh, third, { how: "add" });
  await mesh.until(async () => (await served(mesh, "b")).join() === "signs,numbers");
  await mesh.clock.advance(5000);
  assert.deepEqual(await served(mesh, "c"), ["signs", "numbers"]);
});

const situation: Situation = {
  serves: [],
  alone: false,
  works: true,
  offer: { manifest: { name: "m" }, policy },
  shortage: () => undefined,
};
const start: Omit<Use, "type" | "replyTo"> = {
  ...{ device: "a", model: "b".repeat(64), name: "m", policy },
  ...{ how: "start", fresh: true, hurry: false },
};
const serving = { id: "a".repeat(64), name: "other", policy };

test("a daemon that is started with a model takes nothing from others, unless it is alone or nothing else can be served", () => {
  const takes = (more: Partial<Situation>, asked: Partial<typeof start> = {}) =>
    decideUse({ ...start, ...asked }, { ...situation, ...more }).models?.map(({ name }) => name);
  assert.deepEqual(takes({}), ["m"]);
  assert.equal(takes({ serves: [serving] }), undefined);
  assert.deepEqual(takes({ serves: [serving], alone: true }), ["m"]);
  assert.deepEqual(takes({ serves: [serving], works: false }), ["m"]);
  assert.equal(takes({ serves: [serving], alone: true }, { fresh: false }), undefined, "as it was started before");
  const refused = decideUse(start, { ...situation, serves: [serving] }).answer;
  assert.equal(
    refused.type === "refused" ? refused.reason : "",
    "The mesh serves other; m is ready here, but not used.",
  );
});

test("a daemon that is started as before does not undo what people have asked for since; one with other wishes does", () => {
  const known = { id: start.model, name: "m", policy: { ...policy, context: 99 } };
  const answer = (fresh: boolean) => decideUse({ ...start, fresh }, { ...situation, serves: [known] });
  assert.equal(answer(false).models, undefined);
  assert.deepEqual(answer(true).models?.map((model) => model.policy), [policy]);
});

async function served(mesh: SimulatedMesh, id: string): Promise<string[]> {
  return await names(mesh, id, (model) => model.type === "active" && model.retiring !== true);
}

async function retiring(mesh: SimulatedMesh, id: string): Promise<string[]> {
  return await names(mesh, id, (model) => model.type === "active" && model.retiring === true);
}

async function names(mesh: SimulatedMesh, id: string, which: (model: ModelState) => boolean): Promise<string[]> {
  return (await mesh.device(id).view()).state.models.filter(which).map((model) => modelOf(model).name);
}

async function use(mesh: SimulatedMesh, { id: model, name }: Manifest, more: Partial<Use> = {}): Promise<Used> {
  const { system, view } = mesh.device("b");
  system.tell(supervisorOf("b"), { type: "offer", model });
  await mesh.clock.advance(1000);
  const { leader = "" } = await view();
  const outcome = await system.ask(leaderOf(leader), (replyTo: Ref<Reply<Used>>) => ({
    ...{ type: "use" as const, device: "b", model, name, how: "switch" as const, fresh: true, hurry: false },
    ...more,
    replyTo,
  }), { timeoutMs: 1000 });
  return outcome.type === "reply" ? outcome.value : assert.fail(outcome.reason);
}
