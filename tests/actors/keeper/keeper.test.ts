/** The keeper among the others of a mesh: what is deleted, and what is not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { keeperOf } from "../../../actors/addresses.ts";
import { blocksIn } from "../../../actors/block-runs.ts";
import type { KeeperMessage, Keeping, Kept, LetGo, Removed } from "../../../actors/keeper/protocol.ts";
import { planOf } from "../../../actors/plan.ts";
import { blockBlobs, manifestBlobs } from "../../../models/manifest-blobs.ts";
import type { Ref, Reply } from "../../../runtime/actor/mod.ts";
import { defined } from "../defined.ts";
import { fakeManifest } from "../mesh/fake-model.ts";
import { type SimulatedMesh, simulatedMesh } from "../mesh/simulated-mesh.ts";

/** Asks the keeper of a device, and lets simulated time pass until it has answered. */
async function ask<T>(
  mesh: SimulatedMesh,
  id: string,
  make: (replyTo: Ref<Reply<Kept<T>>>) => KeeperMessage,
): Promise<T> {
  let kept: Kept<T> | undefined;
  void mesh.device(id).system.ask(keeperOf(id), make, { timeoutMs: 90_000 }).then((outcome) => {
    if (outcome.type === "reply") kept = outcome.value;
  });
  await mesh.until(() => kept !== undefined, 90_000);
  const answer = defined(kept);
  if (answer.type === "failed") throw new Error(answer.reason);
  return answer.value;
}

const keeping = (mesh: SimulatedMesh, id: string) => {
  return ask<Keeping>(mesh, id, (replyTo) => ({ type: "keeping", replyTo }));
};
const remove = (mesh: SimulatedMesh, id: string, model: string, force = false) => {
  return ask<Removed>(mesh, id, (replyTo) => ({ type: "remove", model, force, replyTo }));
};
const prune = (mesh: SimulatedMesh, id: string, more: { all?: boolean; dryRun?: boolean } = {}) => {
  return ask<LetGo>(mesh, id, (replyTo) => ({ type: "prune", all: false, dryRun: false, ...more, replyTo }));
};

/** Blobs of the blocks that a device runs are all on its disk. */
async function assertRuns(mesh: SimulatedMesh, id: string): Promise<void> {
  const segments = planOf((await mesh.device(id).view()).state)?.segments ?? [];
  for (const { device, first, last } of segments) {
    if (device !== id) continue;
    for (const block of mesh.manifest.blocks.slice(first, last + 1)) {
      for (const blob of blockBlobs(block)) assert.ok(await mesh.device(id).store.has(blob), `${id}: ${block.index}`);
    }
  }
}

/** How many devices have each block. */
async function copies(mesh: SimulatedMesh, ids: readonly string[]): Promise<number[]> {
  const held = await Promise.all(ids.map(async (id) => blocksIn(defined((await keeping(mesh, id)).models[0]).here)));
  return mesh.manifest.blocks.map(({ index }) => held.filter((blocks) => blocks.has(index)).length);
}

test("what is served is refused, and by force goes but for what runs here", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 6, holders: 2 });
  const { models } = await keeping(mesh, "a");
  assert.deepEqual(models.map(({ name, on, serving }) => ({ name, on, serving })), [
    { name: "numbers", on: ["a", "b"], serving: true },
  ]);
  const refused = await remove(mesh, "a", "numbers");
  assert.ok(refused.type === "refused" && refused.code === "serving", JSON.stringify(refused));
  const removed = await remove(mesh, "a", "numbers", true);
  assert.ok(removed.type === "removed" && removed.bytes > 0 && removed.stayingBytes > 0, JSON.stringify(removed));
  await assertRuns(mesh, "a");
  const answer = mesh.ask("b", "Hello", 8);
  await mesh.until(() => answer.over);
  assert.equal(answer.text, mesh.expected("Hello", 8).replaceAll("<1>", ""));
});

test("a model that is not served goes altogether; one of an unknown name is named with those that are here", async () => {
  await using mesh = await simulatedMesh(["a"], { layers: 4 });
  const other = fakeManifest(3, "other");
  const { store } = mesh.device("a");
  await store.putManifest(other);
  for (const blob of manifestBlobs(other)) await (await store.receive(blob)).commit();
  const unknown = await remove(mesh, "a", "nothing");
  assert.ok(unknown.type === "refused" && /Models: numbers, other/.test(unknown.reason), JSON.stringify(unknown));
  const removed = await remove(mesh, "a", other.id.slice(0, 12));
  assert.equal(removed.type, "removed");
  assert.deepEqual((await keeping(mesh, "a")).models.map(({ name }) => name), ["numbers"]);
  for (const blob of manifestBlobs(other)) assert.equal(await store.has(blob), false);
  await assertRuns(mesh, "a");
});

test("devices that prune at the same moment leave every block on two disks at least, and what runs where it is", async () => {
  const ids = ["a", "b", "c", "d"];
  await using mesh = await simulatedMesh(ids, { layers: 8, holders: 4 });
  const would = await prune(mesh, "a", { dryRun: true });
  assert.ok(would.files > 0 && would.parts.every(({ what }) => /spare copies/.test(what)), JSON.stringify(would));
  assert.deepEqual(await copies(mesh, ids), mesh.manifest.blocks.map(() => 4), "a dry run deletes nothing");
  let done = 0;
  for (const id of ids) void prune(mesh, id).then(() => done++);
  await mesh.until(() => done === ids.length, 90_000);
  for (let round = 0; round < 3; round++) for (const id of ids) await prune(mesh, id);
  const left = await copies(mesh, ids);
  assert.ok(left.every((count) => count >= 2) && left.some((count) => count < 4), left.join());
  for (const id of ids) await assertRuns(mesh, id);
});

test("a device keeps no more than its limit of what does not run there, and the last copy all the same", async () => {
  const ids = ["a", "b", "c"];
  await using mesh = await simulatedMesh(ids, { layers: 9, holders: 3, diskLimitBytes: 600 });
  const kept = async (id: string) => (await keeping(mesh, id)).keptBytes;
  assert.ok(await kept("a") > 600);
  await mesh.until(async () => (await Promise.all(ids.map(kept))).every((bytes) => bytes <= 600), 600_000);
  assert.ok(ids.some((id) => mesh.device(id).events.some(({ type }) => type === "discarded")));
  assert.ok((await copies(mesh, ids)).every((count) => count >= 1));
  for (const id of ids) await assertRuns(mesh, id);
});

test("above the limit a device that is alone keeps what nobody else has, and says so once", async () => {
  await using mesh = await simulatedMesh(["a"], { layers: 4, diskLimitBytes: 100 });
  const other = fakeManifest(3, "other");
  const { store, events } = mesh.device("a");
  await store.putManifest(other);
  for (const blob of manifestBlobs(other)) await (await store.receive(blob)).commit();
  await mesh.until(() => mesh.clock.now() > 130_000, 200_000);
  for (const blob of manifestBlobs(other)) assert.equal(await store.has(blob), true);
  const said = events.flatMap((event) => event.type === "warning" ? [event.message] : []);
  assert.equal(said.filter((message) => /no other device in reach/.test(message)).length, 1, said.join("\n"));
});

test("where there is no limit the disk is not looked through, and what runs is marked as used all the same", async () => {
  await using mesh = await simulatedMesh(["a"], { layers: 4 });
  const { stock } = mesh.device("a").store;
  let looks = 0;
  const touched = new Set<string>();
  Object.assign(stock, {
    files: () => (looks++, Promise.resolve([])),
    touch: (model: string) => (touched.add(model), Promise.resolve()),
  });
  await mesh.until(() => mesh.clock.now() > 200_000, 300_000);
  assert.deepEqual([looks, [...touched]], [0, [mesh.manifest.id]]);
});
