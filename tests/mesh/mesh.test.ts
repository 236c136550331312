import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { deriveKeys } from "../../runtime/mesh/key.ts";
import { readIdentity } from "../../runtime/mesh/identity.ts";
import {
  createIdentity,
  createMesh,
  createMeshKey,
  decodeInvite,
  deviceIdOf,
  MAX_CONTROL_FRAME,
  MAX_TENSORS_FRAME,
} from "../../runtime/mesh/mod.ts";
import type { Channel } from "../../runtime/transport.ts";
import { createDoor } from "../../runtime/mesh/door.ts";
import { PROTOCOL_VERSION } from "../../runtime/mesh/limits.ts";
import { createNode, PROTOCOLS } from "../../runtime/mesh/node.ts";
import { observe, type Observed, stopAll, until } from "./support.ts";

const SIZES: Readonly<Record<Channel, readonly number[]>> = {
  control: [0, 1, 7, 8, 4_096, 65_535, 65_536, 65_537, MAX_CONTROL_FRAME],
  tensors: [0, 1, 65_531, 65_536, 262_144, 1_048_577, MAX_TENSORS_FRAME],
};

async function pair(): Promise<[Observed, Observed]> {
  const key = createMeshKey();
  const a = await observe({ name: "a", key });
  const b = await observe({ name: "b", key, join: a.mesh.addresses() });
  await until("a and b have met", () => a.ups.length === 1 && b.ups.length === 1);
  return [a, b];
}

/** Two identities, the one with the smaller device id first: that device opens the streams. */
async function sortedIdentities(): Promise<[Uint8Array, Uint8Array]> {
  const [a, b] = [await createIdentity(), await createIdentity()];
  return deviceIdOf(a) < deviceIdOf(b) ? [a, b] : [b, a];
}

test("frames of all sizes arrive whole, aligned and in order on both channels", async () => {
  const [a, b] = await pair();
  try {
    const received: Record<Channel, Uint8Array[]> = { control: [], tensors: [] };
    b.mesh.onFrame((_device, channel, frame) => received[channel].push(frame));
    let sent: Record<Channel, Uint8Array[]> = { control: [], tensors: [] };
    const send = async (channel: Channel, frame: Uint8Array): Promise<void> => {
      await until("there is room", () => a.mesh.send(b.mesh.self, channel, frame) === "sent");
      sent[channel].push(frame);
    };
    const check = async (): Promise<void> => {
      for (const channel of ["control", "tensors"] as const) {
        await until("all have arrived", () => received[channel].length === sent[channel].length);
        for (const [index, frame] of received[channel].entries()) {
          assert.equal(frame.byteOffset % 8, 0);
          assert.ok(equal(frame, sent[channel][index]), `${channel} frame ${index} of ${frame.length} bytes`);
        }
        received[channel] = [];
      }
      sent = { control: [], tensors: [] };
    };
    for (const channel of ["control", "tensors"] as const) {
      for (const [index, size] of SIZES[channel].entries()) await send(channel, new Uint8Array(size).fill(index + 1));
    }
    await check();
    const frame = fc.tuple(fc.constantFrom<Channel[]>("control", "tensors"), fc.integer({ min: 0, max: 200_000 }));
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 30 }), async (frames) => {
        for (const [index, [channel, size]] of frames.entries()) await send(channel, new Uint8Array(size).fill(index));
        await check();
      }),
      { numRuns: 15 },
    );
  } finally {
    await stopAll(a, b);
  }
});

function equal(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, index) => byte === b[index]);
}

test("many more messages than a shared cipher would survive pass between three devices", async () => {
  const key = createMeshKey();
  const a = await observe({ name: "a", key });
  const b = await observe({ name: "b", key, join: a.mesh.addresses() });
  const c = await observe({ name: "c", key, join: a.mesh.addresses() });
  try {
    await until("all have met", () => [a, b, c].every(({ mesh }) => mesh.peers().length === 2));
    for (const { mesh } of [b, c]) mesh.onFrame((device, channel, frame) => mesh.send(device, channel, frame));
    let answers = 0;
    a.mesh.onFrame(() => answers++);
    for (let round = 0; round < 300; round++) {
      for (const { mesh } of [b, c]) a.mesh.send(mesh.self, "tensors", new Uint8Array(70_000));
      await until("both have answered", () => answers === 2 * (round + 1));
    }
    assert.deepEqual([...a.ups, ...b.ups, ...c.ups].filter((line) => line.startsWith("down")), []);
  } finally {
    await stopAll(a, b, c);
  }
});

test("a device that joins one member meets them all", async () => {
  const key = createMeshKey();
  const a = await observe({ name: "a", key });
  const b = await observe({ name: "b", key, join: a.mesh.addresses() });
  const c = await observe({ name: "c", key, join: decodeInvite(b.mesh.invite()).addresses });
  try {
    await until("all have met", () => [a, b, c].every(({ mesh }) => mesh.peers().length === 2));
    await until("heartbeats were measured", () => a.mesh.peers().every(({ roundTripMs }) => roundTripMs !== undefined));
    const names = a.mesh.peers().map(({ name }) => name).sort();
    assert.deepEqual(names, ["b", "c"]);
    assert.ok(a.mesh.peers().every(({ bytesSent, bytesReceived }) => bytesSent > 0 && bytesReceived > 0));
    // What c would dial after a restart leads to a too, of which its invite said nothing.
    const known = () => a.mesh.addresses().some((address) => c.mesh.memberAddresses().includes(address));
    await until("c knows where a listens", known);
  } finally {
    await stopAll(a, b, c);
  }
});

test("devices that dial each other at the same moment have one session and keep it", async () => {
  const key = createMeshKey();
  const all = await Promise.all(["a", "b", "c"].map((name) => observe({ name, key })));
  // Everyone learns of everyone in the same tick: restarted on the same ports, now with each other's addresses.
  const identities = await Promise.all(all.map(() => createIdentity()));
  const listen = all.map(({ mesh }) => mesh.addresses()[0]?.replace(/\/p2p\/.*/, "") ?? "");
  await stopAll(...all);
  const join = listen.map((address, index) => `${address}/p2p/${deviceIdOf(identities[index] ?? new Uint8Array())}`);
  const again = await Promise.all(
    ["a", "b", "c"].map((name, index) =>
      observe({ name, key, join, listen: [listen[index] ?? ""], identity: identities[index] ?? new Uint8Array() })
    ),
  );
  try {
    await until("all have met", () => again.every(({ mesh }) => mesh.peers().length === 2));
    for (const { mesh } of again) {
      for (const peer of mesh.peers()) assert.equal(mesh.send(peer.device, "control", Uint8Array.of(1)), "sent");
    }
    await until(
      "heartbeats were measured",
      () => again.every(({ mesh }) => mesh.peers().every(({ roundTripMs }) => roundTripMs !== undefined)),
    );
    for (const { ups } of again) assert.equal(ups.length, 2, ups.join());
  } finally {
    await stopAll(...again);
  }
});

test("a goodbye is known at once, and what is sent afterwards is unreachable", async () => {
  const [a, b] = await pair();
  try {
    await b.mesh.stop();
    await until("a knows", () => a.ups.length === 2, 2_000);
    assert.deepEqual(a.ups, ["up b", "down b"]);
    assert.equal(a.mesh.send(b.mesh.self, "control", Uint8Array.of(1)), "unreachable");
    assert.equal(b.mesh.send(a.mesh.self, "control", Uint8Array.of(1)), "unreachable");
    await b.mesh.stop();
  } finally {
    await stopAll(a, b);
  }
});

test("a peer that restarts with the same identity is met again", async () => {
  const key = createMeshKey();
  const identity = await createIdentity();
  const a = await observe({ name: "a", key });
  const b = await observe({ name: "b", key, identity, join: a.mesh.addresses() });
  let again: Observed | undefined;
  try {
    await until("a and b have met", () => a.ups.length === 1);
    await b.mesh.stop();
    again = await observe({ name: "b again", key, identity, join: a.mesh.addresses() });
    await until("they have met again", () => a.mesh.peers()[0]?.name === "b again");
    assert.deepEqual(a.ups, ["up b", "down b", "up b again"]);
  } finally {
    await stopAll(a, b, again);
  }
});

test("a device with another key is refused, and neither side learns the other's name", async () => {
  const a = await observe({ name: "secret-a" });
  const b = await observe({ name: "secret-b", join: a.mesh.addresses() });
  try {
    await until("both have said so", () => [a, b].every(({ events }) => events.some(({ type }) => type === "refused")));
    const refused = b.events.find((event) => event.type === "refused");
    assert.equal(refused?.reason, "wrong-key");
    assert.match(refused.sentence, /invite/);
    assert.deepEqual([a.mesh.peers(), b.mesh.peers(), a.ups, b.ups], [[], [], [], []]);
    assert.ok(!JSON.stringify(b.events).includes("secret-a") && !JSON.stringify(a.events).includes("secret-b"));
    const dials = b.events.filter(({ type }) => type === "dialling").length;
    assert.equal(dials, 1, "a refused device is not dialled again at once");
  } finally {
    await stopAll(a, b);
  }
});

test("another protocol version is refused on both sides with a sentence", async () => {
  const key = createMeshKey();
  const a = await observe({ name: "a", key });
  const b = await observe({ name: "b", key, join: a.mesh.addresses(), protocol: 999 });
  try {
    await until("both have said so", () => [a, b].every(({ events }) => events.some(({ type }) => type === "refused")));
    for (const { events, ups } of [a, b]) {
      const refused = events.find((event) => event.type === "refused");
      assert.equal(refused?.reason, "version");
      assert.match(refused.sentence, /999/);
      assert.deepEqual(ups, []);
    }
  } finally {
    await stopAll(a, b);
  }
});

test("a member that sends garbage loses its session, is turned away for a while, and the mesh lives on", async () => {
  const key = createMeshKey();
  const [small, large] = await sortedIdentities();
  const a = await observe({ name: "a", key, identity: large });
  const b = await observe({ name: "b", key, join: a.mesh.addresses() });
  const { preSharedKey } = await deriveKeys(key);
  const { libp2p } = await createNode({
    privateKey: readIdentity(small),
    door: createDoor(preSharedKey),
    listen: [],
    announce: [],
  });
  await libp2p.start();
  try {
    const { multiaddr } = await import("@multiformats/multiaddr");
    const address = multiaddr(a.mesh.addresses()[0] ?? "");
    const connection = await libp2p.dial(address);
    const control = await connection.newStream(PROTOCOLS.control);
    await connection.newStream(PROTOCOLS.tensors);
    const hello = new TextEncoder().encode(JSON.stringify({ protocol: PROTOCOL_VERSION, name: "villain" }));
    control.send(Uint8Array.of(hello.length, 0, 0, 0, 0, ...hello));
    await until("the villain is up", () => a.ups.includes("up villain"));
    control.send(new Uint8Array(100).fill(0xff));
    await until("the villain is down", () => a.ups.includes("down villain"));
    const rejected = a.events.find((event) => event.type === "frame-rejected");
    assert.equal(rejected?.device, deviceIdOf(small));
    await until("its connection is closed", () => connection.status !== "open");
    await assert.rejects(async () => await (await libp2p.dial(address)).newStream(PROTOCOLS.control));
    await until("b is met", () => a.mesh.peers().some(({ name }) => name === "b"));
    assert.ok(!a.ups.includes("down b"));
  } finally {
    await libp2p.stop();
    await stopAll(a, b);
  }
});

test("a listener that throws harms nobody else", async () => {
  const [a, b] = await pair();
  try {
    let heard = 0;
    b.mesh.onFrame(() => {
      throw new Error("listener's fault");
    });
    const stop = b.mesh.onFrame(() => heard++);
    a.mesh.send(b.mesh.self, "control", Uint8Array.of(1));
    await until("the second has heard", () => heard === 1);
    assert.match(JSON.stringify(b.events.at(-1)), /listener's fault/);
    stop();
    assert.deepEqual(b.ups, ["up a"]);
  } finally {
    await stopAll(a, b);
  }
});

test("wrong options are refused with a sentence, and a port in use too", async () => {
  const good = { identity: await createIdentity(), key: createMeshKey(), name: "a", mdns: false };
  await assert.rejects(createMesh({ ...good, name: "" }), RangeError);
  await assert.rejects(createMesh({ ...good, name: "a\nb" }), RangeError);
  await assert.rejects(createMesh({ ...good, key: new Uint8Array(31) }), RangeError);
  await assert.rejects(createMesh({ ...good, identity: new Uint8Array(31) }), TypeError);
  const a = await observe({ name: "a" });
  try {
    const listen = [a.mesh.addresses()[0]?.replace(/\/p2p\/.*/, "") ?? ""];
    await assert.rejects(createMesh({ ...good, listen }), /Cannot listen on \/ip4\/127.0.0.1\/tcp\/\d+: .*in use/);
  } finally {
    await stopAll(a);
  }
});
