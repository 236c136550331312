/** Networks that split, flap and lose packets under real daemons, each in a network namespace of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { type LocalMesh, startLocalMesh } from "../e2e/local-mesh.ts";
import { readStream } from "../e2e/read-stream.ts";
import { impairmentLacks, type Network, networkLacks, startNetwork } from "./network.ts";

const MODEL = builtinModelPath();
const REQUEST = { prompt: "Once upon a time", max_tokens: 80, temperature: 0 };
/** After this many pieces something happens. The answer has 80. */
const SOME = 20;

const lacking = networkLacks();
const needsNetwork = lacking === undefined ? {} : { skip: lacking };
const lackingLoss = impairmentLacks();
const needsLoss = lackingLoss === undefined ? {} : { skip: lackingLoss };

/** Starts a device a place; the first and the last have the model's file. They are slow, so that an answer lasts. */
async function startIn(network: Network): Promise<LocalMesh> {
  const count = network.places.length;
  const limits = Array.from({ length: count }, () => ["--slowdown", "3"]);
  return await startLocalMesh(count, MODEL, [], { places: network.places, limits, holders: [0, count - 1] });
}

/** Waits until a device has a plan over devices with these names, in whatever order, and knows a leader. */
async function planOver(mesh: LocalMesh, index: number, names: readonly string[]) {
  return await mesh.until(({ leader, state }) => {
    if (leader === undefined || state.type !== "active") return false;
    const planned = new Set(state.plan.segments.map(({ name }) => name));
    return planned.size === names.length && names.every((name) => planned.has(name));
  }, index);
}

test("a network that splits serves on both sides, and heals to one leader and one plan", needsNetwork, async () => {
  await using network = await startNetwork(4);
  await using mesh = await startIn(network);
  const whole = await readStream(mesh.api(0), REQUEST);
  assert.equal(whole.error, undefined);
  let cut = false;
  const onPiece = (count: number) => {
    if (count < SOME || cut) return;
    cut = true;
    network.split([0, 1], [2, 3]);
  };
  const reads = await Promise.all([readStream(mesh.api(1), REQUEST, { onPiece }), readStream(mesh.api(2), REQUEST)]);
  for (const { text, error } of reads) assert.deepEqual([error, text], [undefined, whole.text]);
  const left = await planOver(mesh, 1, ["d0", "d1"]);
  const right = await planOver(mesh, 2, ["d2", "d3"]);
  assert.notEqual(left.leader, right.leader);
  // Each side answers by itself.
  for (const index of [0, 3]) assert.equal((await readStream(mesh.api(index), REQUEST)).text, whole.text);
  network.heal();
  const healed = await Promise.all([0, 1, 2, 3].map((index) => planOver(mesh, index, ["d0", "d1", "d2", "d3"])));
  assert.equal(new Set(healed.map(({ leader }) => leader)).size, 1);
  assert.equal((await readStream(mesh.api(2), REQUEST)).text, whole.text);
});

test("a device whose connection comes and goes costs readers time, and nothing else", needsNetwork, async () => {
  await using network = await startNetwork(3);
  await using mesh = await startIn(network);
  const whole = await readStream(mesh.api(0), REQUEST);
  // Short enough to be waited for, long enough to be planned around, and again.
  const away = [300, 1000, 3000, 300];
  const flapping = Promise.withResolvers<void>();
  let began = false;
  const flap = async () => {
    for (const milliseconds of away) {
      network.cable(1, false);
      await pause(milliseconds);
      network.cable(1, true);
      await pause(500);
    }
  };
  const onPiece = (count: number) => {
    if (count < SOME || began) return;
    began = true;
    flap().then(flapping.resolve, flapping.reject);
  };
  const read = await readStream(mesh.api(0), REQUEST, { onPiece });
  assert.deepEqual([read.error, read.text], [undefined, whole.text]);
  await flapping.promise;
  await planOver(mesh, 0, ["d0", "d1", "d2"]);
  assert.equal((await readStream(mesh.api(1), REQUEST)).text, whole.text);
});

test("packets that are late, lost and out of order cost readers time, and nothing else", needsLoss, async () => {
  await using network = await startNetwork(3);
  await using mesh = await startIn(network);
  const whole = await readStream(mesh.api(0), REQUEST);
  for (const device of [0, 1, 2]) network.impair(device, "delay", "10ms", "5ms", "loss", "3%", "reorder", "10%");
  for (const device of [0, 1, 2]) {
    const read = await readStream(mesh.api(device), REQUEST);
    assert.deepEqual([read.error, read.text], [undefined, whole.text]);
  }
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
