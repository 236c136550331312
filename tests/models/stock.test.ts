/** What takes room in a store, and letting go of it. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { compileModel } from "../../models/compile/mod.ts";
import { manifestBlobs } from "../../models/manifest-blobs.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { syntheticModel, writeFolder } from "./synthetic-model.ts";
import { withFolder } from "./temporary.ts";

const blob = { sha256: "a".repeat(64), bytes: 1000 };

test("blobs that are being written or compiled are not among the files, and are not deleted", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(folder);
    const { sha256, bytes } = await store.add(new Uint8Array(10));
    assert.deepEqual(await store.stock.files(), [], "it may be of a model that is being compiled");
    assert.equal(await store.stock.discard({ sha256, bytes, complete: true }), false);
    const writer = await store.receive(blob);
    await writer.append(new Uint8Array(7));
    assert.equal(await store.stock.discard({ ...blob, complete: false }), false);
    await writer.abandon();
    assert.deepEqual(await store.stock.files(), [{ ...blob, bytes: 7, complete: false }]);
    assert.equal(await store.stock.discard({ ...blob, complete: false }), true);
    // The next process knows of no compiling any more.
    const again = await openBlockStore(folder);
    assert.deepEqual(await again.stock.files(), [{ sha256, bytes, complete: true }]);
    await writeFile(join(folder, "blobs", "not a blob"), "");
    assert.equal((await again.stock.files()).length, 1);
  });
});

test("a model that is forgotten is compiled anew from the same file; one that ran says when", async () => {
  await withFolder(async (folder) => {
    const source = join(folder, "model");
    await writeFolder(source, syntheticModel("llama", { layers: 1 }));
    const store = await openBlockStore(join(folder, "store"));
    const { id, ...manifest } = await compileModel(source, { store });
    await store.stock.touch(id, 1_000_000);
    assert.equal(await store.stock.usedAt(id), 1_000_000);
    const files = await store.stock.files();
    assert.equal(files.length, manifestBlobs({ id, ...manifest }).length);
    for (const file of files) assert.equal(await store.stock.discard(file), true);
    await store.stock.forget(id);
    assert.equal(await store.stock.usedAt(id), undefined);
    assert.deepEqual(await store.manifests(), []);
    assert.equal((await compileModel(source, { store })).id, id);
    assert.equal((await store.stock.files()).length, files.length);
  });
});
