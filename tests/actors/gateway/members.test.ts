import assert from "node:assert/strict";
import { test } from "node:test";
import { apiScene } from "./api-scene.ts";

const owner = { headers: { "skein-owner": "Bearer owner" } };

test("devices are listed with this one first, and whether each is here", async () => {
  await using scene = await apiScene();
  const { body } = await scene.read("/skein/devices");
  assert.deepEqual(body, {
    devices: [
      { device: "here", name: "laptop", version: "1.2.3", self: true, here: true },
      { device: "there", name: "board", version: "1.2.3", lastSeenAt: 5, self: false, here: true },
      { device: "away", name: "phone", version: "", lastSeenAt: 4, self: false, here: false },
    ],
  });
});

test("who cannot show the owner's key neither lets devices in nor puts them out", async () => {
  await using scene = await apiScene();
  for (const headers of [{}, { "skein-owner": "Bearer wrong" }, { "skein-owner": "" }]) {
    assert.equal((await scene.read("/skein/invites", {}, { headers })).status, 403);
    assert.equal((await scene.read("/skein/forget", { device: "there" }, { headers })).status, 403);
    assert.equal((await scene.read("/skein/ways", { device: "there" }, { headers })).status, 403);
    assert.equal((await scene.read("/skein/models/remove", { model: "x" }, { headers })).status, 403);
    assert.equal((await scene.read("/skein/models/prune", {}, { headers })).status, 403);
  }
});

test("the owner is given invites and puts devices out; what is out of bounds is refused in a sentence", async () => {
  await using scene = await apiScene();
  assert.deepEqual((await scene.read("/skein/invites", { uses: 3 }, owner)).body, { invite: "skein2-3" });
  assert.deepEqual((await scene.read("/skein/forget", { device: "there" }, owner)).body, { forgotten: "there" });
  const { body: ways } = await scene.read("/skein/ways", { device: "there" }, owner);
  assert.deepEqual(ways, { ways: [], mdns: true, sightedAgo: 5 });
  const { status, body } = await scene.read("/skein/invites", { uses: 65 }, owner);
  assert.equal(status, 400);
  assert.match(JSON.stringify(body), /1 to 64 devices/);
  assert.equal((await scene.read("/skein/forget", {}, owner)).status, 400);
});
