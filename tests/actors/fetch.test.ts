/** Blobs come from other devices' libraries: only what is missing, checked, resumed, and from whoever has them intact. */
import assert from "node:assert/strict";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { SUPERVISOR } from "../../actors/addresses.ts";
import { library } from "../../actors/library/behaviour.ts";
import { fetchBlobs, FetchError } from "../../actors/library/fetch.ts";
import { PIECE_BYTES } from "../../actors/library/protocol.ts";
import { type BlockStore, openBlockStore } from "../../models/store/mod.ts";
import { createLoopback } from "../../runtime/actor/loopback.ts";
import { type ActorSystem, type Behaviour, createActorSystem, next } from "../../runtime/actor/mod.ts";
import { systemClock } from "../../runtime/clock.ts";
import { withFolder } from "../models/temporary.ts";

interface Stage {
  readonly folder: string;
  readonly here: ActorSystem;
  readonly store: BlockStore;
  /** Starts a device with a library of its own. */
  device(name: string): Promise<BlockStore>;
  fetch(
    blobs: readonly { sha256: string; bytes: number }[],
    options?: Partial<Parameters<typeof fetchBlobs>[1]>,
  ): Promise<void>;
}

async function onStage(action: (stage: Stage) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const network = createLoopback();
    const here = createActorSystem({ device: "here", transport: network.join("here") });
    const store = await openBlockStore(join(folder, "here"));
    const systems = [here];
    const names: string[] = [];
    await action({
      folder,
      here,
      store,
      async device(name) {
        const own = await openBlockStore(join(folder, name));
        const system = createActorSystem({ device: name, transport: network.join(name) });
        system.spawn(supervisorWith(own), { name: SUPERVISOR });
        systems.push(system);
        names.push(name);
        return own;
      },
      fetch: (blobs, options = {}) =>
        fetchBlobs(blobs, {
          store,
          sender: here,
          sources: names,
          signal: new AbortController().signal,
          clock: systemClock,
          onTransfer: () => {},
          onProgress: () => {},
          ...options,
        }),
    });
    for (const system of systems) await system.stop();
  });
}

/** The library lives below the supervisor. */
function supervisorWith(store: BlockStore): Behaviour<null, { type: "none" }> {
  return {
    start(context) {
      context.spawn(library(store), { name: "library", channel: "tensors" });
      return null;
    },
    receive: () => next(null),
  };
}

/** Bytes that are not all alike. */
const content = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 7 + (index >> 8)) & 255);

test("what is missing is fetched from whoever has it, and what is here is not asked for again", async () => {
  await onStage(async ({ device, store, fetch }) => {
    const [one, two] = [await device("one"), await device("two")];
    const a = await one.add(content(PIECE_BYTES * 2 + 17, 1));
    const b = await two.add(content(100, 2));
    const progress: number[] = [];
    await fetch([a, b, a], { onProgress: (done, total) => progress.push(done / total) });
    assert.ok(await store.verify(a) && await store.verify(b));
    assert.equal(progress.at(-1), 1);
    assert.deepEqual(progress, progress.toSorted((x, y) => x - y));
    await fetch([a, b], { onProgress: () => assert.fail("nothing was missing"), sources: [] });
  });
});

test("an interrupted fetch goes on where it was", async () => {
  await onStage(async ({ device, store, fetch }) => {
    const blob = await (await device("one")).add(content(PIECE_BYTES * 12, 3));
    const leaving = new AbortController();
    const interrupted = fetch([blob], {
      signal: leaving.signal,
      onProgress: (done) => done > PIECE_BYTES * 5 && leaving.abort(),
    });
    await assert.rejects(interrupted);
    assert.equal(await store.has(blob), false);
    let first: number | undefined;
    await fetch([blob], { onProgress: (done) => first ??= done });
    assert.ok(await store.verify(blob));
    assert.ok((first ?? 0) > PIECE_BYTES * 5, `began at ${first}`);
  });
});

test("what an interrupted fetch left and the disk damaged is thrown away, and the only source asked again", async () => {
  await onStage(async ({ device, store, fetch }) => {
    const blob = await (await device("one")).add(content(PIECE_BYTES * 3, 8));
    await writeFile(`${store.path(blob)}.partial`, content(PIECE_BYTES * 2, 9));
    await fetch([blob]);
    assert.ok(await store.verify(blob));
  });
});

test("a source whose blob is damaged is not believed, and the next one is asked", async () => {
  await onStage(async ({ folder, device, store, fetch }) => {
    const bytes = content(PIECE_BYTES + 5, 4);
    const [bad, good] = [await device("bad"), await device("good")];
    const blob = await bad.add(bytes);
    await good.add(bytes);
    await writeFile(bad.path(blob), content(PIECE_BYTES + 5, 5));
    await fetch([blob]);
    assert.ok(await store.verify(blob));

    const other = await bad.add(content(PIECE_BYTES * 3, 6));
    await truncate(join(folder, "bad", "blobs", other.sha256), PIECE_BYTES);
    await assert.rejects(fetch([other]), FetchError);
  });
});

test("a blob that nobody has is said so, without waiting", async () => {
  await onStage(async ({ device, fetch }) => {
    await device("one");
    await assert.rejects(fetch([{ sha256: "0".repeat(64), bytes: 10 }]), /no device in reach has it/);
  });
});
