/** The conformance suite over the real mesh: sockets, encryption and frames included. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createActorSystem } from "../../runtime/actor/mod.ts";
import { createIdentity, createMesh, createMeshKey } from "../../runtime/mesh/mod.ts";
import { conformance, type Place } from "./actor-conformance.ts";
import { deviceWatcher, LONG } from "./actor-probe.ts";

conformance("over the mesh", setUp, { runs: 3 });

test("over the mesh: an actor learns of the loss of a device", async () => {
  await using place = await setUp();
  const { near, far } = place;
  const heard: string[] = [];
  const watcher = near.spawn(deviceWatcher(heard), { name: "watcher" });
  near.tell(watcher, { type: "watch", device: far.device });
  await near.ask(watcher, (replyTo) => ({ type: "flush", replyTo }), LONG);
  assert.deepEqual(heard, []);
  await place.leave();
  while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  near.tell(watcher, { type: "watch", device: far.device });
  while (heard.length === 1) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(heard, [far.device, far.device]);
});

async function setUp(): Promise<Place & { leave(): Promise<void> }> {
  const key = createMeshKey();
  const start = async (name: string, join: readonly string[]) => {
    const identity = await createIdentity();
    return await createMesh({ identity, key, name, join, listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false });
  };
  const farMesh = await start("far", []);
  const nearMesh = await start("near", farMesh.addresses());
  const up = new Promise<void>((resolve) => nearMesh.onPeer(({ type }) => type === "up" && resolve()));
  if (nearMesh.peers().length === 0) await up;
  const near = createActorSystem({ device: nearMesh.self, transport: nearMesh });
  const far = createActorSystem({ device: farMesh.self, transport: farMesh });
  return {
    near,
    far,
    leave: () => farMesh.stop(),
    async [Symbol.asyncDispose]() {
      await near.stop();
      await far.stop();
      await nearMesh.stop();
      await farMesh.stop();
    },
  };
}
