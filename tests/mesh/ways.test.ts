/** The ways to a device, each tried by itself. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createMeshKey } from "../../runtime/mesh/mod.ts";
import { observe, type Observed, stopAll, until } from "./support.ts";

test("each address of a device is tried: there, with nobody at the port, of another mesh, or another device's", async () => {
  const key = createMeshKey();
  const board = await observe({ name: "board", key });
  const other = await observe({ name: "other", key });
  const stranger = await observe({ name: "stranger" });
  const spare = createServer();
  await new Promise<void>((resolve) => spare.listen(0, "127.0.0.1", resolve));
  const closed = `/ip4/127.0.0.1/tcp/${(spare.address() as AddressInfo).port}`;
  await new Promise((resolve) => spare.close(resolve));
  const bare = ({ mesh }: Observed) => mesh.addresses()[0]?.split("/p2p/")[0] ?? "";
  const join = [bare(board), closed, bare(stranger), bare(other)].map((at) => `${at}/p2p/${board.mesh.self}`);
  let laptop: Observed | undefined;
  try {
    laptop = await observe({ name: "laptop", key, join });
    const { ways, mdns, sightedAgo } = await laptop.mesh.waysTo(board.mesh.self);
    const outcomes = Object.fromEntries(ways.map(({ address, outcome }) => [address.split("/p2p/")[0], outcome]));
    assert.deepEqual([mdns, sightedAgo], [false, undefined]);
    assert.equal(outcomes[bare(board)], "reached");
    // Once the board has said where it listens, what others said of it is forgotten.
    for (const [at, outcome] of [[closed, "closed"], [bare(stranger), "wrong-key"], [bare(other), "other-device"]]) {
      if (at !== undefined && outcomes[at] !== undefined) assert.equal(outcomes[at], outcome, JSON.stringify(ways));
    }
    await until("they have met", () => laptop?.ups.includes("up board") === true);
    const again = await laptop.mesh.waysTo(board.mesh.self);
    assert.ok(again.ways.some(({ outcome }) => outcome === "reached"), JSON.stringify(again));
    assert.deepEqual(laptop.ups.filter((up) => /board/.test(up)), ["up board"], "a trial disturbs no session");
    assert.deepEqual((await laptop.mesh.waysTo("12D3KooWnobody")).ways, []);
  } finally {
    await stopAll(laptop, board, other, stranger);
  }
});
