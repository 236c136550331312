/** Manifests come from other devices' libraries: once, in pieces where they are long, and believed by their hash alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SUPERVISOR } from "../../actors/addresses.ts";
import { library } from "../../actors/library/behaviour.ts";
import { FetchError } from "../../actors/library/fetch.ts";
import { fetchManifest } from "../../actors/library/fetch-manifest.ts";
import { type LibraryMessage, MAX_MANIFEST_BYTES, PIECE_BYTES } from "../../actors/library/protocol.ts";
import type { Manifest } from "../../models/manifest.ts";
import { createLoopback } from "../../runtime/actor/loopback.ts";
import { type Behaviour, createActorSystem, next, reply } from "../../runtime/actor/mod.ts";
import { simulatedClock } from "../../runtime/clock.ts";
import { fakeManifest, fakeStore } from "./mesh/fake-model.ts";

const manifest = fakeManifest(3);
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** Answers every question for a manifest in its own way, and counts them. */
function answering(asked: { count: number }, answer: (offset: number) => { bytes?: Uint8Array; totalBytes?: number }) {
  const behaviour: Behaviour<null, LibraryMessage> = {
    accepts: (message) => message as LibraryMessage,
    start: () => null,
    receive(_state, message, context) {
      asked.count++;
      if (message.type === "manifest") reply(context, message.replyTo, answer(message.offset));
      return next(null);
    },
  };
  return behaviour;
}

/** Fetches a manifest from devices with these libraries, asked in this order. */
async function fetchFrom(
  libraries: readonly Behaviour<null, LibraryMessage>[],
  { model = manifest.id, store = fakeStore() }: { model?: string; store?: ReturnType<typeof fakeStore> } = {},
): Promise<Manifest> {
  const [network, clock] = [createLoopback(), simulatedClock()];
  const here = createActorSystem({ device: "here", clock, transport: network.join("here") });
  const systems = libraries.map((behaviour, index) => {
    const system = createActorSystem({ device: `${index}`, clock, transport: network.join(`${index}`) });
    const root: Behaviour<null, { type: "none" }> = {
      start(context) {
        context.spawn(behaviour, { name: "library", channel: "tensors" });
        return null;
      },
      receive: () => next(null),
    };
    system.spawn(root, { name: SUPERVISOR });
    return system;
  });
  const sources = libraries.map((_, index) => `${index}`);
  const signal = new AbortController().signal;
  const fetching = fetchManifest(model, { store, sender: here, sources, signal });
  try {
    let over = false;
    fetching.catch(() => {}).finally(() => over = true);
    for (let second = 0; second < 60 && !over; second++) await clock.advance(1000);
    return await fetching;
  } finally {
    const stopping = Promise.all([here, ...systems].map((system) => system.stop()));
    await clock.advance(10_000);
    await stopping;
  }
}

test("a manifest is fetched from a device that has it, kept, and not asked for again", async () => {
  const store = fakeStore();
  assert.deepEqual(await fetchFrom([library(fakeStore()), library(fakeStore([manifest]))], { store }), manifest);
  assert.deepEqual(await store.manifest(manifest.id), manifest);
  const asked = { count: 0 };
  assert.deepEqual(await fetchFrom([answering(asked, () => ({}))], { store }), manifest);
  assert.equal(asked.count, 0);
});

test("a long manifest comes in pieces", async () => {
  const long = fakeManifest(1000);
  assert.ok(encode(long).length > PIECE_BYTES);
  assert.deepEqual(await fetchFrom([library(fakeStore([long]))], { model: long.id }), long);
});

const whole = encode(manifest);
const liars = {
  "another model's manifest": { bytes: encode(fakeManifest(4)), total: encode(fakeManifest(4)).length },
  "a manifest with another name": { bytes: encode({ ...manifest, name: "else" }), total: 0 },
  "what is not JSON": { bytes: whole.slice(0, whole.length - 1), total: 0 },
  "what is not text": { bytes: Uint8Array.of(0xff, 0xfe), total: 0 },
  "nothing, again and again": { bytes: new Uint8Array(), total: whole.length },
  "less than it says": { bytes: whole.slice(0, 10), total: whole.length },
  "more than it says": { bytes: whole, total: 10 },
  "more than anybody has to hold": { bytes: whole, total: MAX_MANIFEST_BYTES + 1 },
};

for (const [what, { bytes, total }] of Object.entries(liars)) {
  test(`who gives ${what} is not believed, and the next device is asked`, async () => {
    const asked = { count: 0 };
    const liar = answering(asked, () => ({ bytes, totalBytes: total === 0 ? bytes.length : total }));
    assert.deepEqual(await fetchFrom([liar, library(fakeStore([manifest]))]), manifest);
    assert.equal(asked.count, 1);
    await assert.rejects(fetchFrom([liar]), FetchError);
  });
}

test("a device that does not answer is given up", async () => {
  const silent: Behaviour<null, LibraryMessage> = {
    accepts: (message) => message as LibraryMessage,
    start: () => null,
    receive: () => next(null),
  };
  assert.deepEqual(await fetchFrom([silent, library(fakeStore([manifest]))]), manifest);
});

test("a manifest that nobody has is said so", async () => {
  await assert.rejects(
    fetchFrom([library(fakeStore())]),
    /The manifest of the model .* could not be fetched: 0 does not/,
  );
  await assert.rejects(fetchFrom([]), /no device in reach knows it/);
});
