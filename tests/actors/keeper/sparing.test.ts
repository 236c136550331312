/** What the mesh is to serve is spared also while no leader has said how it stands: after a start, or where blocks are away. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { affordable, tidying } from "../../../actors/keeper/choice.ts";
import { entriesOf } from "../../../actors/keeper/inventory.ts";
import { noModels } from "../../../actors/plan.ts";
import { storeUse } from "../../../actors/supervisor/discarding.ts";
import { manifestBlobs } from "../../../models/manifest-blobs.ts";
import { policy } from "../acting-stage.ts";
import { fakeManifest } from "../mesh/fake-model.ts";

const [wanted, other] = [fakeManifest(4), fakeManifest(4, "other numbers")];
const idle = { held: [], loading: new Map(), mesh: noModels("The devices are choosing a leader.") };
const store = { manifest: () => Promise.resolve(undefined) };

test("models of the charter are in use before any plan, and no model twice after it", async () => {
  const chartered = [{ id: wanted.id, name: wanted.name, policy }];
  assert.deepEqual((await storeUse({ ...idle, chartered }, store)).served, [wanted.id]);
  const waiting = { type: "waiting", model: { id: wanted.id, name: wanted.name }, reason: "" } as const;
  const mesh = { models: [waiting], reason: "" };
  assert.deepEqual((await storeUse({ ...idle, chartered, mesh }, store)).served, [wanted.id]);
});

test("they go only where two others have them, whatever is asked for; models of no charter go", async () => {
  const chartered = [{ id: wanted.id, name: wanted.name, policy }];
  const { served } = await storeUse({ ...idle, chartered }, store);
  const files = [wanted, other].flatMap(manifestBlobs)
    .map(({ sha256, bytes }) => ({ sha256, bytes, complete: true, path: sha256 }));
  const inventory = { manifests: [wanted, other], usedAt: new Map(), files };
  const entries = entriesOf(inventory, { blobs: new Set(), served: new Set(served) });
  const gone = (vouchers: number) => {
    return new Set(affordable(entries, tidying(true), () => vouchers).flatMap(({ models }) => models));
  };
  assert.ok(!gone(1).has(wanted.id) && gone(0).has(other.id));
  assert.ok(gone(2).has(wanted.id));
});
