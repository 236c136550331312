import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { compileModel } from "../../models/compile/mod.ts";
import type { Blob } from "../../models/manifest.ts";
import {
  BlobBusyError,
  BlobMismatchError,
  BlobMissingError,
  openBlockStore,
  StoreError,
} from "../../models/store/mod.ts";
import { explained } from "../../models/store/store-error.ts";
import { syntheticModel, writeFolder } from "./synthetic-model.ts";
import { withFolder } from "./temporary.ts";

const content = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

function blobOf(bytes: Uint8Array): Blob {
  return { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
}

test("added bytes are found by their hash, and read in parts", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(folder);
    const blob = await store.add(content);
    assert.deepEqual(blob, blobOf(content));
    assert.equal(await store.has(blob), true);
    assert.equal(await store.has({ ...blob, bytes: 999 }), false);
    assert.deepEqual(await store.read(blob, 10, 5), content.slice(10, 15));
    await assert.rejects(store.read(blob, 999, 2), RangeError);
    await assert.rejects(store.read(blobOf(Uint8Array.of(1)), 0, 1), BlobMissingError);
  });
});

test(
  "only the owner can read the store",
  { skip: process.platform === "win32" && "Windows has no modes" },
  async () => {
    await withFolder(async (folder) => {
      const store = await openBlockStore(join(folder, "store"));
      const blob = await store.add(content);
      assert.equal((await stat(store.path(blob))).mode & 0o777, 0o600);
      assert.equal((await stat(join(folder, "store", "blobs"))).mode & 0o777, 0o700);
    });
  },
);

test("an iterable that throws leaves nothing behind", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(folder);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield content;
      throw new Error("the source broke");
    }
    await assert.rejects(store.add(broken()), /the source broke/);
    assert.deepEqual(await readdir(join(folder, "blobs")), []);
  });
});

test("a received blob appears only when it is committed", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(folder);
    const blob = blobOf(content);
    const writer = await store.receive(blob);
    assert.equal(writer.offset, 0);
    await writer.append(content);
    assert.equal(writer.offset, 1000);
    assert.equal(await store.has(blob), false);
    await writer.commit();
    assert.equal(await store.has(blob), true);
    const again = await store.receive(blob);
    assert.equal(again.offset, 1000);
    await again.commit();
  });
});

test("an interrupted blob goes on where it stopped, also in a new process", async () => {
  await withFolder(async (folder) => {
    const blob = blobOf(content);
    const first = await (await openBlockStore(folder)).receive(blob);
    await first.append(content.subarray(0, 600));
    await first.abandon();
    const store = await openBlockStore(folder);
    const second = await store.receive(blob);
    assert.equal(second.offset, 600);
    await second.append(content.subarray(600));
    await second.commit();
    assert.equal(await store.verify(blob), true);
  });
});

test("two writers of one blob are refused, one after the other is not", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(folder);
    const blob = blobOf(content);
    const writer = await store.receive(blob);
    await assert.rejects(store.receive(blob), BlobBusyError);
    await writer.abandon();
    await writer.abandon();
    await (await store.receive(blob)).abandon();
  });
});

test("wrong, short and long content is thrown away", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(folder);
    const blob = blobOf(content);
    for (const bytes of [content.map((byte) => byte ^ 1), content.subarray(1)]) {
      const writer = await store.receive(blob);
      await writer.append(bytes);
      await assert.rejects(writer.commit(), BlobMismatchError);
    }
    const writer = await store.receive(blob);
    await writer.append(content);
    await assert.rejects(writer.append(Uint8Array.of(1)), BlobMismatchError);
    await assert.rejects(writer.append(content), /closed/);
    assert.equal(await store.has(blob), false);
    assert.deepEqual(await readdir(join(folder, "blobs")), []);
  });
});

test("verify finds a damaged blob and removes it", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(folder);
    const blob = await store.add(content);
    await writeFile(store.path(blob), content.map((byte) => byte ^ 1));
    assert.equal(await store.has(blob), true);
    assert.equal(await store.verify(blob), false);
    assert.equal(await store.has(blob), false);
  });
});

test("what a killed process left half added is cleared", async () => {
  await withFolder(async (folder) => {
    await openBlockStore(folder);
    await writeFile(join(folder, "blobs", "x.new"), content);
    await openBlockStore(folder);
    assert.deepEqual(await readdir(join(folder, "blobs")), []);
  });
});

test("a hash that is a path is refused", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(folder);
    assert.throws(() => store.path({ sha256: "../../etc/passwd", bytes: 1 }), RangeError);
    await assert.rejects(store.manifest("../x"), RangeError);
  });
});

test("manifests are kept, listed by name, and damaged ones are as good as absent", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const names = ["zebra", "ant"];
    for (const name of names) {
      await compileModel(await writeFolder(join(folder, name), syntheticModel("llama", { layers: 1 })), { store });
    }
    const [first, second] = await store.manifests();
    assert.deepEqual([first?.name, second?.name], ["ant", "zebra"]);
    assert.deepEqual(await store.manifest(first?.id ?? ""), first);
    await writeFile(join(folder, "store", "manifests", `${first?.id}.json`), '{"format":1}');
    assert.equal(await store.manifest(first?.id ?? ""), undefined);
    assert.equal((await store.manifests()).length, 1);
  });
});

test("a disk that is full is told with what to do, whatever the runtime calls it; other errors stay what they are", async () => {
  for (const error of [{ code: "ENOSPC" }, new Error("No space left on device (os error 28)")]) {
    const told = await explained(error, "/data/blocks/blobs/x.new");
    assert.ok(told instanceof StoreError);
    assert.match(told.message, /^The disk is full: \/data\/blocks\/blobs takes nothing more\. Free some space/);
  }
  const other = new Error("something else");
  assert.equal(await explained(other, "/nowhere/x"), other);
});
