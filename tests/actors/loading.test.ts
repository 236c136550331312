/** Segments from a real store: blocks that the disk damaged, and what is done about them. */
import assert from "node:assert/strict";
import { mkdir, open, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { languagesHere } from "../../actors/conversation/language.ts";
import { BlocksMissingError } from "../../actors/supervisor/blocks-missing.ts";
import { Loading, type Remake } from "../../actors/supervisor/loading.ts";
import { compileModel } from "../../models/compile/mod.ts";
import type { Blob, Manifest } from "../../models/manifest.ts";
import { type BlockStore, openBlockStore, StoreError } from "../../models/store/mod.ts";
import type { Sender } from "../../runtime/actor/mod.ts";
import { simulatedClock } from "../../runtime/clock.ts";
import { syntheticModel, writeFolder } from "../models/synthetic-model.ts";
import { withFolder } from "../models/temporary.ts";
import { fakeCompute } from "./mesh/fake-compute.ts";
import { fakeManifest, fakeStore, VOCABULARY } from "./mesh/fake-model.ts";
import { blockBlobs } from "../../models/manifest-blobs.ts";

interface Scene {
  readonly store: BlockStore;
  readonly manifest: Manifest;
  /** A blob of the second layer. */
  readonly blob: Blob;
  readonly remake: Remake;
  /** Loads the whole model; there is nobody to fetch from. */
  load(remake?: Remake): Promise<unknown>;
}

async function scene(action: (scene: Scene) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const path = await writeFolder(join(folder, "model"), syntheticModel("llama", { type: "BF16" }));
    const manifest = await compileModel(path, { store });
    const clock = simulatedClock();
    const compute = fakeCompute({ clock, vocabulary: 8, stepMilliseconds: 0, loadMilliseconds: 0 });
    await action({
      store,
      manifest,
      blob: blockBlobs(manifest.blocks[2] ?? assert.fail())[1] ?? assert.fail(),
      remake: async () => (await compileModel(path, { store })).id === manifest.id,
      async load(remake) {
        const loading = new Loading({
          device: "here",
          store,
          compute,
          languages: languagesHere(store),
          clock,
          peers: () => [],
          announce: () => {},
          onTransfer: () => {},
          remake,
        });
        const request = { model: manifest.id, first: 0, last: 3, sources: [], context: 16, concurrency: 1 };
        const loaded = loading.segment(request, { sender: {} as Sender, signal: new AbortController().signal });
        let over = false;
        loaded.catch(() => {}).finally(() => over = true);
        // The fake loads on the clock; everything before it is files.
        while (!over) {
          await new Promise((resolve) => setTimeout(resolve, 2));
          await clock.advance(1);
        }
        return await loaded;
      },
    });
  });
}

async function flip(path: string): Promise<void> {
  await using file = await open(path, "r+");
  await file.write(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]), 0, 8, 0);
}

for (
  const [what, damage] of [
    ["rotten", flip],
    ["cut short", (path: string) => truncate(path, 10)],
    ["gone", (path: string) => rm(path)],
  ] as const
) {
  test(`a block that is ${what} is made again from the model's file where that is at hand, else named as missing`, async () => {
    await scene(async ({ store, blob, remake, load }) => {
      await damage(store.path(blob));
      await assert.rejects(load(), (error) => {
        assert.ok(error instanceof BlocksMissingError);
        assert.deepEqual(error.blocks, [[2, 2]]);
        return /no device in reach has it/.test(error.message);
      });
      await assert.rejects(load(() => Promise.resolve(false)), BlocksMissingError);
      await load(remake);
      assert.ok(await store.verify(blob));
    });
  });
}

test("a folder in the place of a block is named, and what to do", async () => {
  await scene(async ({ store, blob, remake, load }) => {
    await rm(store.path(blob));
    await mkdir(store.path(blob));
    await assert.rejects(load(remake), (error) => {
      assert.ok(error instanceof StoreError, String(error));
      assert.equal(
        error.message,
        `There is a folder where a file of the store belongs: ${store.path(blob)}. Remove it.`,
      );
      return true;
    });
  });
});

test("a segment whose language cannot be learnt is not left open", async () => {
  const clock = simulatedClock();
  const compute = fakeCompute({ clock, vocabulary: VOCABULARY, stepMilliseconds: 0, loadMilliseconds: 20 });
  const manifest = fakeManifest(2);
  const languages = { learn: () => Promise.reject(new Error("no tongue")), prepare: () => {} };
  const [peers, announce, onTransfer] = [() => [], () => {}, () => {}];
  const store = fakeStore([manifest]);
  const loading = new Loading({ device: "here", store, compute, languages, clock, peers, announce, onTransfer });
  const request = { model: manifest.id, first: 0, last: 1, sources: [], context: 16, concurrency: 1 };
  const loaded = loading.segment(request, { sender: {} as Sender, signal: new AbortController().signal });
  await Promise.all([assert.rejects(loaded, /no tongue/), clock.advance(30)]);
  assert.equal(compute.segments.size, 0);
});
