/** The charter on disk: kept whole, read with suspicion. */
import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openCharter } from "../../actors/daemon/charter-file.ts";
import { returningModels } from "../../actors/daemon/returning.ts";
import { type KeptCharter, readCharter, signCharter } from "../../actors/charter.ts";
import { describeReturn } from "../../cli/return-output.ts";
import { createIdentity, deviceIdOf } from "../../runtime/mesh/mod.ts";
import { openDataFolder } from "../../runtime/host/mod.ts";
import { policy } from "./acting-stage.ts";
import { fakeManifest, fakeStore } from "./mesh/fake-model.ts";

test("what is kept is read again; what another wrote, or one that is out, is not", async () => {
  const path = await mkdtemp(join(tmpdir(), "skein-charter-"));
  const folder = await openDataFolder(path);
  try {
    const [identity, other] = [await createIdentity(), await createIdentity()];
    const [self, stranger] = [deviceIdOf(identity), deviceIdOf(other)];
    const forgotten = new Set<string>();
    const mesh = {
      self,
      devices: () => [{ device: stranger, name: "other", version: "", lastSeenAt: 0 }],
      isForgotten: (device: string) => forgotten.has(device),
    };
    const open = (identity: Uint8Array, takesUp = true) =>
      openCharter({ folder, identity, mesh, takesUp, announce: () => {} });
    const opened = await open(identity);
    assert.deepEqual([opened.kept, opened.floor], [undefined, 0]);
    const models = [{ id: "a".repeat(64), name: "m", policy }];
    const charter = await signCharter({ number: 7, term: 1, models, by: stranger }, (await open(other)).notary);
    const kept: KeptCharter = { charter, holders: [] };
    opened.keep(kept);
    await written(path);
    assert.deepEqual((await open(identity)).kept, kept);
    const without = await open(identity, false);
    assert.deepEqual([without.kept, without.floor], [undefined, 7]);
    assert.equal((await stat(join(path, "charter.json"))).mode & 0o777, 0o600);
    forgotten.add(stranger);
    assert.equal((await open(identity)).kept, undefined);
    forgotten.clear();
    const forged = { ...kept, charter: { ...charter, text: charter.text.replace("7", "8") } };
    for (const text of [JSON.stringify(forged), "{", "[]", '{"charter":{}}']) {
      await folder.write("charter.json", text);
      assert.equal((await open(identity)).kept, undefined);
    }
  } finally {
    await folder.close();
    await rm(path, { recursive: true });
  }
});

test("a device that comes back says which blocks it has, who had the others, and when that one was seen", async () => {
  const manifest = fakeManifest(4);
  const [a, b] = ["a", "b"];
  const signed = await signCharter({ number: 1, term: 1, models: [{ id: manifest.id, name: "m", policy }], by: a }, {
    sign: () => Promise.resolve(""),
    isSigned: () => Promise.resolve(true),
    isMember: () => true,
  });
  assert.equal(readCharter(signed).number, 1);
  const holders = [{ device: b, name: "desktop", here: true, blocks: [[2, 4]] as [number, number][] }];
  const kept = { charter: signed, holders: [{ model: manifest.id, holders }] };
  const day = 24 * 60 * 60 * 1000;
  const all = await returningModels(kept, fakeStore([manifest]), () => 0, a);
  assert.deepEqual(all.map((one) => describeReturn(one, 0)), ["goes on with m; all of its blocks are here"]);
  const store = fakeStore();
  await store.putManifest(manifest);
  const [none] = await returningModels(kept, store, () => 5 * day, a);
  assert.equal(
    describeReturn(none ?? assert.fail(), 7 * day),
    "goes on with m; blocks 2 to 4 are on desktop (last seen 2 days ago), 0 to 1, 5 are on no device that was known",
  );
  const [unknown] = await returningModels({ ...kept, holders: [] }, fakeStore(), () => undefined, a);
  assert.equal(describeReturn(unknown ?? assert.fail(), 0), "goes on with m; who has its blocks is not known here");
});

async function written(path: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await stat(join(path, "charter.json")).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("Nothing was written.");
}
