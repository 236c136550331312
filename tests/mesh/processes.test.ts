import assert from "node:assert/strict";
import test from "node:test";
import { createIdentity, createMeshKey, MAX_TENSORS_FRAME } from "../../runtime/mesh/mod.ts";
import { hex, observe, startChild, stopAll, stopwatch, until } from "./support.ts";

/** A process that starts on a busy machine takes its time. */
const PATIENCE = 60_000;

test("a killed peer is known dead within three seconds, and met again when it comes back", async (t) => {
  const key = createMeshKey();
  const identity = hex(await createIdentity());
  const a = await observe({ name: "a", key });
  try {
    const options = { name: "b", key: hex(key), identity, join: a.mesh.addresses() };
    const child = startChild(t, options);
    await until("b is up", () => a.ups.length === 1, PATIENCE);
    using watch = stopwatch();
    child.process.kill("SIGKILL");
    await until("b is down", () => a.ups.length === 2, PATIENCE);
    const took = watch.elapsed();
    t.diagnostic(`known dead after ${took.toFixed(0)} ms`);
    assert.ok(took < 3_000, `${took} ms`);
    startChild(t, options);
    await until("b is up again", () => a.ups.length === 3, PATIENCE);
    assert.deepEqual(a.ups, ["up b", "down b", "up b"]);
  } finally {
    await stopAll(a);
  }
});

test("a stopped peer is known silent within three seconds; what it does not read makes the sender overloaded", async (t) => {
  if (process.platform === "win32") return t.skip("this platform has no SIGSTOP");
  const key = createMeshKey();
  const a = await observe({ name: "a", key });
  try {
    const child = startChild(t, { name: "b", key: hex(key), join: a.mesh.addresses() });
    await until("b is up", () => a.ups.length === 1, PATIENCE);
    const device = a.mesh.peers()[0]?.device ?? "";
    using watch = stopwatch();
    child.process.kill("SIGSTOP");
    const frame = new Uint8Array(MAX_TENSORS_FRAME / 4);
    const outcomes = Array.from({ length: 16 }, () => a.mesh.send(device, "tensors", frame));
    assert.equal(outcomes[0], "sent");
    assert.equal(outcomes.at(-1), "overloaded");
    assert.equal(a.mesh.send(device, "control", Uint8Array.of(1)), "sent");
    await until("b is down", () => a.ups.length === 2, PATIENCE);
    const took = watch.elapsed();
    t.diagnostic(`known silent after ${took.toFixed(0)} ms`);
    assert.ok(took < 3_000, `${took} ms`);
    assert.equal(a.mesh.send(device, "tensors", frame), "unreachable");
    // Not `child.process.kill`: on Deno it signals once only.
    process.kill(child.process.pid ?? 0, "SIGCONT");
    await until("b is up again", () => a.ups.length === 3, PATIENCE);
  } finally {
    await stopAll(a);
  }
});

test("a process ends by itself after its mesh has stopped", async (t) => {
  const key = createMeshKey();
  const a = await observe({ name: "a", key });
  try {
    const lonely = startChild(t, { name: "b", key: hex(key), stopAfter: 0 });
    const met = startChild(t, { name: "c", key: hex(key), stopAfter: 1, join: a.mesh.addresses() });
    assert.equal(await lonely.exited, 0);
    assert.equal(await met.exited, 0);
    assert.deepEqual(a.ups, ["up c", "down c"]);
  } finally {
    await stopAll(a);
  }
});

test("three processes with the same key find each other by mDNS alone, and another mesh is not seen", async (t) => {
  const key = hex(createMeshKey());
  const options = { key, mdns: true, listen: ["/ip4/0.0.0.0/tcp/0"] };
  const children = ["a", "b", "c"].map((name) => startChild(t, { ...options, name }));
  const other = startChild(t, { ...options, name: "other", key: hex(createMeshKey()) });
  const met = (lines: readonly string[]): number => lines.filter((line) => line.startsWith("up ")).length;
  const failed = (): string | undefined =>
    children.flatMap(({ lines }) => lines).find((line) => line.startsWith("failed"));
  await until("they have met, or multicast failed", () => {
    return failed() !== undefined || children.every(({ lines }) => met(lines) === 2);
  }, PATIENCE);
  if (failed() !== undefined) return t.skip(`multicast does not work here: ${failed()}`);
  assert.deepEqual(other.lines.filter((line) => !/^(id|listening)/.test(line)), []);
});
