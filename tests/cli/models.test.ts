/** Models on a disk, in words, and without a daemon. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { signCharter } from "../../actors/charter.ts";
import { CHARTER_FILE, charteredIn } from "../../actors/daemon/kept-charter.ts";
import type { KnownModel } from "../../actors/keeper/protocol.ts";
import { rememberedLimit } from "../../cli/disk-limit.ts";
import { describeLetGo, describeModels, describeRemoved } from "../../cli/models/output.ts";
import { openShelf, shelfIn } from "../../cli/models/shelf.ts";
import { compileModel } from "../../models/compile/mod.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { openDataFolder } from "../../runtime/host/mod.ts";
import { policy } from "../actors/acting-stage.ts";
import { syntheticModel, writeFolder } from "../models/synthetic-model.ts";
import { withFolder } from "../models/temporary.ts";

const HOUR = 3_600_000;
const model: KnownModel = {
  id: "a".repeat(64),
  name: "tiny",
  quantization: "Q4_0",
  bytes: 2 ** 20,
  hereBytes: 2 ** 20,
  blocks: 8,
  here: [[0, 7]],
  on: ["laptop", "board"],
  usedAt: 0,
  serving: true,
};

test("each model has a line: how much is here, on whom, when it was last used, whether it is served", () => {
  const models = [model, { ...model, name: "old", here: [[1, 3]] as [number, number][], on: [], serving: false }];
  const text = describeModels({ models, keptBytes: 2 ** 21, limitBytes: 2 ** 30, leftoverBytes: 2 ** 20 }, 3 * HOUR);
  assert.match(text, /^tiny +1\.0 MiB +Q4_0 +all +laptop board +now, serving$/m);
  assert.match(text, /^old +1\.0 MiB +Q4_0 +blocks 1 to 3 of 8 +3 h ago$/m);
  assert.match(text, /2\.0 MiB, of 1\.0 GiB at most; 1\.0 MiB are left over: skein models prune/);
  assert.match(describeModels({ models: [], keptBytes: 0, leftoverBytes: 0 }, 0), /^No models here\. .*skein up/);
});

test("what goes is told by what it is, and what stays of a model why", () => {
  const text = describeLetGo(
    { files: 3, bytes: 3 * 2 ** 20, parts: [{ what: "half-fetched blocks", bytes: 2 ** 20 }] },
    true,
  );
  assert.match(text, /1\.0 MiB {2}half-fetched blocks\n3\.0 MiB in 3 files deleted/);
  assert.match(
    describeRemoved({ type: "removed", name: "tiny", bytes: 5, stayingBytes: 2 ** 20 }),
    /1\.0 MiB stay: they run/,
  );
});

test("without a daemon models are listed and deleted in the store itself", async () => {
  await withFolder(async (folder) => {
    process.env["SKEIN_STATE_DIR"] = join(folder, "state");
    const data = join(folder, "data");
    await assert.rejects(openShelf(data), /no daemon has run there/);
    const locked = await openDataFolder(data);
    await writeFolder(join(folder, "model"), syntheticModel("llama", { layers: 1 }));
    const store = await openBlockStore(locked.blocks);
    const { name } = await compileModel(join(folder, "model"), { store });
    const writer = await store.receive({ sha256: "b".repeat(64), bytes: 100 });
    await writer.append(new Uint8Array(60));
    await writer.abandon();
    await locked.close();

    await using shelf = await openShelf(data);
    assert.deepEqual((await shelf.keeping()).models.map(({ name, serving }) => [name, serving]), [[name, false]]);
    assert.deepEqual((await shelf.prune({ all: false, dryRun: true })).parts, [{
      what: "half-fetched blocks",
      bytes: 60,
    }]);
    assert.equal((await shelf.prune({ all: false, dryRun: false })).bytes, 60);
    assert.equal((await shelf.keeping()).leftoverBytes, 0);
    assert.equal((await shelf.remove("other", false)).type, "refused");
    assert.equal((await shelf.remove(name, false)).type, "removed");
    const { models, keptBytes } = await shelf.keeping();
    assert.deepEqual([models, keptBytes], [[], 0]);
  });
});

test("without a daemon what the mesh is to serve is spared, and the rest goes with --all", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const compiled = async (family: "llama" | "qwen2") => {
      const path = await writeFolder(join(folder, family), syntheticModel(family, { layers: 1 }));
      return await compileModel(path, { store });
    };
    const [wanted, other] = [await compiled("llama"), await compiled("qwen2")];
    const data = await openDataFolder(join(folder, "data"));
    const charter = { number: 1, term: 1, models: [{ id: wanted.id, name: wanted.name, policy }], by: "a" };
    const notary = { sign: () => Promise.resolve(""), isSigned: () => Promise.resolve(true), isMember: () => true };
    await data.write(CHARTER_FILE, JSON.stringify({ charter: await signCharter(charter, notary), holders: [] }));
    const shelf = shelfIn(store, await charteredIn(data));
    await data.close();
    assert.equal((await shelf.prune({ all: false, dryRun: false })).bytes, 0);
    assert.ok((await shelf.prune({ all: true, dryRun: false })).bytes > 0);
    const { models } = await shelf.keeping();
    assert.deepEqual(models.map(({ id, bytes, hereBytes }) => [id, hereBytes === bytes]), [[wanted.id, true]]);
    assert.notEqual(wanted.id, other.id);
  });
});

test("a limit is remembered until another is said, or none", async () => {
  await withFolder(async (path) => {
    const folder = await openDataFolder(path);
    assert.equal(await rememberedLimit(undefined, folder), undefined);
    assert.equal(await rememberedLimit(5e9, folder), 5e9);
    assert.equal(await rememberedLimit(undefined, folder), 5e9);
    assert.equal(await rememberedLimit("none", folder), undefined);
    assert.equal(await rememberedLimit(undefined, folder), undefined);
    await folder.close();
  });
});
