/** Invites, and keys that change: real nodes on loopback. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createIdentity,
  createMeshKey,
  decodeInvite,
  deviceIdOf,
  InviteError,
  type MeshRecord,
  redeemInvite,
} from "../../runtime/mesh/mod.ts";
import { observe, type Observed, stopAll, until } from "./support.ts";

/** A device that keeps what it is to keep, and can be started again with it. */
interface Device extends Observed {
  readonly id: string;
  readonly kept: { key: Uint8Array; record: MeshRecord };
  again(): Promise<Device>;
}

async function start(
  name: string,
  kept: Device["kept"],
  join: readonly string[] = [],
  identity?: Uint8Array,
  listen = ["/ip4/127.0.0.1/tcp/0"],
): Promise<Device> {
  const own = identity ?? await createIdentity();
  const observed = await observe({
    ...{ name, identity: own, join, listen, ...kept },
    keep: (key, record) => {
      Object.assign(kept, { key, record });
      return Promise.resolve();
    },
  });
  const port = observed.mesh.addresses().map((address) => address.replace(/\/p2p\/.*/, ""));
  let members: readonly string[] = [];
  observed.mesh.onPeer(() => members = observed.mesh.memberAddresses());
  return {
    ...observed,
    id: deviceIdOf(own),
    kept,
    again: () => start(name, kept, members, own, port),
  };
}

const fresh = (key: Uint8Array): Device["kept"] => ({ key, record: { former: [], devices: [] } });

/** Three devices that have met. */
async function three(): Promise<[Device, Device, Device]> {
  const key = createMeshKey();
  const a = await start("a", fresh(key));
  const b = await start("b", fresh(key), a.mesh.addresses());
  const c = await start("c", fresh(key), a.mesh.addresses());
  await until("all have met", () => [a, b, c].every(({ mesh }) => mesh.peers().length === 2));
  return [a, b, c];
}

const names = ({ mesh }: Observed) => mesh.peers().map(({ name }) => name).sort().join();

test("an invite lets one device in, and again the same one, but no other", async () => {
  const a = await start("a", fresh(createMeshKey()));
  const [identity, other] = [await createIdentity(), await createIdentity()];
  let b: Device | undefined;
  try {
    const text = a.mesh.invite();
    assert.ok(text.length < 80, `${text.length} characters`);
    const invite = decodeInvite(text);
    const entry = await redeemInvite(invite, identity);
    assert.deepEqual(entry.key, a.kept.key);
    b = await start("b", fresh(entry.key), entry.addresses, identity);
    await until("they have met", () => names(a) === "b");
    assert.deepEqual((await redeemInvite(invite, identity)).key, entry.key, "its answer may have been lost");
    await assert.rejects(redeemInvite(invite, other), /has been used already/);
    assert.ok(a.events.every(({ type }) => type !== "refused"), "who shows a pass is no stranger");
  } finally {
    await stopAll(a, b);
  }
});

test("an invite that nobody knows, or whose device is off, is refused with what to do", async () => {
  const a = await start("a", fresh(createMeshKey()));
  const invite = decodeInvite(a.mesh.invite());
  const identity = await createIdentity();
  const forged = { ...invite, secret: new Uint8Array(16) };
  await assert.rejects(redeemInvite(forged, identity), /used already, or the device that made it has been restarted/);
  await assert.rejects(redeemInvite(forged, identity, invite.expiresAt), /it was good until/);
  await stopAll(a);
  await assert.rejects(redeemInvite(invite, identity), (error) => {
    return error instanceof InviteError && /Nobody answers.*must be on/.test(error.message);
  });
});

test("a device that is forgotten is out, for all and after restarts of all; the others go on undisturbed", async () => {
  const [a, b, c] = await three();
  let all: Device[] = [a, b, c];
  try {
    const before = a.kept.key;
    await b.mesh.forget(c.id);
    await until("c is out", () => names(a) === "b" && names(b) === "a" && names(c) === "");
    assert.notDeepEqual(a.kept.key, before);
    assert.deepEqual(a.kept.key, b.kept.key);
    assert.deepEqual(c.kept.key, before, "it is not told the key");
    assert.ok(!a.ups.includes("down b"), "a session outlives the key that it began with");
    await stopAll(...all);
    const [a2, b2, c2] = all = [await a.again(), await b.again(), await c.again()] as [Device, Device, Device];
    await until("a and b meet again", () => names(a2) === "b" && names(b2) === "a");
    await until("c hears why", () => JSON.stringify(c2.events).includes("it was put out of the mesh"));
    assert.equal(names(c2), "");
    assert.deepEqual(a2.mesh.devices().map(({ name }) => name), ["b"]);
  } finally {
    await stopAll(...all);
  }
});

test("a device that was off while the key changed comes by it when it is back, if it was known", async () => {
  const [a, b, c] = await three();
  let back: Device | undefined;
  try {
    await stopAll(b);
    await until("b is off", () => names(a) === "c");
    await a.mesh.forget(c.id);
    await until("c is out", () => names(a) === "");
    back = await b.again();
    await until("b is back", () => back !== undefined && names(back) === "a" && names(a) === "b");
    assert.deepEqual(b.kept.key, a.kept.key);
    assert.ok(back.events.some((event) => event.type === "key-changed" && event.by === a.id));
  } finally {
    await stopAll(a, back, c);
  }
});

test("two devices that forget at once agree, and whom either put out is out", async () => {
  const key = createMeshKey();
  const a = await start("a", fresh(key));
  const others: Device[] = [];
  for (const name of ["b", "x", "y"]) others.push(await start(name, fresh(key), a.mesh.addresses()));
  const [b, x, y] = others as [Device, Device, Device];
  try {
    await until("all have met", () => [a, ...others].every(({ mesh }) => mesh.peers().length === 3));
    await Promise.all([a.mesh.forget(x.id), b.mesh.forget(y.id)]);
    const agreed = () => JSON.stringify(a.kept.record.change) === JSON.stringify(b.kept.record.change);
    await until("they agree", () => agreed() && a.kept.record.change?.forgotten.length === 2);
    await until("both are out", () => names(a) === "b" && names(b) === "a");
    assert.deepEqual(a.kept.key, b.kept.key);
  } finally {
    await stopAll(a, b, x, y);
  }
});

test("a device cannot put itself out", async () => {
  const a = await start("a", fresh(createMeshKey()));
  try {
    assert.throws(() => a.mesh.forget(a.id), RangeError);
  } finally {
    await stopAll(a);
  }
});
