/** Devices that die, freeze or join while an answer is being read; real processes, killed for real. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { complete, ended, type LocalMesh, startLocalMesh } from "./local-mesh.ts";
import { readStream, type StreamRead } from "./read-stream.ts";

const MODEL = builtinModelPath();
const PROMPT = "Once upon a time";
/** After this many tokens something happens. The answer has about 85. */
const SOME = 30;

/** Streams a greedy completion of up to 120 tokens and calls `onToken` after each piece; an error in the stream throws. */
async function stream(api: string, prompt: string, onToken: (count: number) => void): Promise<StreamRead> {
  const read = await readStream(api, { prompt, max_tokens: 120, temperature: 0 }, { onPiece: onToken });
  assert.equal(read.error, undefined);
  return read;
}

/** An answer that was interrupted reads like one that was not, and took more than one conversation. */
function assertTakenUp(read: StreamRead, whole: string): void {
  assert.equal(read.text, whole);
  assert.ok(read.conversations > 1, "it was not interrupted");
}

/** What the answer must be: what the mesh says before anything happens to it. */
async function expected(mesh: LocalMesh): Promise<string> {
  return (await complete(mesh.api(0), PROMPT)).text;
}

/** The complete blobs of a block store. */
async function blobsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /^[0-9a-f]{64}$/.test(name));
}

function pidOf(mesh: LocalMesh, index: number): number {
  return mesh.daemons[index]?.ready.pid ?? -1;
}

// The plan runs over d1, d2 and d0, and d0 has the model's file: any of the others may die.
for (
  const [what, victim] of [[
    "the first device, where the conversation lives,",
    1,
  ], [
    "a device in the middle",
    2,
  ]] as const
) {
  test(
    `an answer goes on, without an error, a repeat or a gap, when ${what} is killed`,
    async () => {
      await using mesh = await startLocalMesh(3, MODEL);
      await mesh.split([await mesh.blocks() - 4, 2, 2], [1, 2, 0]);
      const whole = await expected(mesh);
      const read = await stream(mesh.api(0), PROMPT, (count) => {
        if (count === SOME) process.kill(pidOf(mesh, victim), "SIGKILL");
      });
      assertTakenUp(read, whole);
      const { state } = await mesh.until(({ state }) => state.type === "active");
      assert.ok(
        state.type === "active" &&
          state.plan.segments.every(({ name }) => name !== `d${victim}`),
      );
    },
  );
}

test(
  "an answer goes on when the leader, which holds the last segment, is killed",
  async () => {
    await using mesh = await startLocalMesh(3, MODEL, [], { holders: [1] });
    await mesh.split([await mesh.blocks() - 4, 2, 2], [1, 2, 0]);
    const whole = await expected(mesh);
    const before = await mesh.until(
      ({ leader }) => leader === mesh.daemons[0]?.ready.peerId,
      2,
    );
    const read = await stream(mesh.api(2), PROMPT, (count) => {
      if (count === SOME) process.kill(pidOf(mesh, 0), "SIGKILL");
    });
    assertTakenUp(read, whole);
    const after = await mesh.until(({ leader }) => leader !== before.leader, 2);
    assert.ok(after.term > before.term);
    assert.equal(
      (await mesh.until(({ leader }) => leader === after.leader, 1)).leader,
      after.leader,
    );
  },
);

test(
  "when the only device with a block is killed, the others say so and stay up",
  async () => {
    // Private blocks have no copy: the others are not trusted with them.
    await using mesh = await startLocalMesh(3, MODEL, ["--private-layers", "1"]);
    process.kill(pidOf(mesh, 0), "SIGKILL");
    const { state } = await mesh.until(
      ({ state }) =>
        state.type === "waiting" &&
        /on d0 only, which is away\.$/.test(state.reason),
      1,
    );
    assert.equal(state.type, "waiting");
    const response = await fetch(`${mesh.api(2)}/healthz`);
    assert.deepEqual([
      response.status,
      (await response.json() as { ready: boolean }).ready,
    ], [200, false]);
  },
);

test("a device that freezes is planned around, and its return is harmless", async () => {
  await using mesh = await startLocalMesh(3, MODEL);
  await mesh.split([await mesh.blocks() - 4, 2, 2]);
  const whole = await expected(mesh);
  const read = await stream(mesh.api(0), PROMPT, (count) => {
    if (count === SOME) process.kill(pidOf(mesh, 2), "SIGSTOP");
  });
  assertTakenUp(read, whole);
  process.kill(pidOf(mesh, 2), "SIGCONT");
  await mesh.until(({ state }) =>
    state.type === "active" &&
    state.plan.segments.some(({ name }) => name === "d2")
  );
  assert.equal((await complete(mesh.api(2), PROMPT)).text, whole);
});

test("a device that joins takes its share while an answer is being read", async () => {
  // So slow that an answer takes three times as long as a device to start, join and load.
  await using mesh = await startLocalMesh(1, MODEL, [], { limits: [["--slowdown", "40"]] });
  let pieces = 0;
  let joined: Promise<number> | undefined;
  const { text } = await stream(mesh.api(0), PROMPT, (count) => {
    pieces = count;
    joined ??= mesh.join()
      .then(() => mesh.until(({ state }) => state.type === "active" && state.plan.segments.length === 2))
      .then(() => pieces);
  });
  const before = await joined ?? 0;
  assert.ok(before < pieces, "the answer had ended when the device got its share");
  assert.equal((await complete(mesh.api(1), PROMPT)).text, text);
});

test(
  "the device with the model's file can die once the others keep its blocks in reserve",
  async () => {
    // No device can hold the model (about 13 MiB with one sequence) alone, any two can.
    const limits = [["--memory", "9MiB"], ["--memory", "9MiB"], ["--memory", "9MiB"]];
    const options = ["--objective", "latency", "--concurrency", "1"];
    await using mesh = await startLocalMesh(3, MODEL, options, { limits, spread: false });
    await mesh.until(({ state }) => state.type === "active" && state.plan.segments.length === 2);
    const [holder, ...others] = mesh.daemons.map(({ ready }) => join(ready.dataDir, "blocks", "blobs"));
    const deadline = Date.now() + 30_000;
    for (;;) {
      const kept = new Set((await Promise.all(others.map((folder) => blobsIn(folder)))).flat());
      if ((await blobsIn(holder ?? "")).every((name) => kept.has(name))) break;
      assert.ok(Date.now() < deadline, "the others do not have all blocks");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // The holder takes part, so that the answer loses something with it.
    await mesh.split([await mesh.blocks() - 4, 4], [0, 1]);
    const whole = await expected(mesh);
    const read = await stream(mesh.api(1), PROMPT, (count) => {
      if (count === SOME) process.kill(pidOf(mesh, 0), "SIGKILL");
    });
    assertTakenUp(read, whole);
  },
);

test("a stream whose own daemon is stopped ends with an error that says so, and the daemon ends by itself", async () => {
  await using mesh = await startLocalMesh(1, MODEL, [], { limits: [["--slowdown", "20"]] });
  const response = await fetch(`${mesh.api(0)}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: PROMPT, max_tokens: 400, temperature: 0, stream: true }),
    signal: AbortSignal.timeout(60_000),
  });
  let text = "";
  for await (const bytes of response.body ?? []) {
    // The signal alone: a daemon that has to be killed stays.
    if (text === "") process.kill(pidOf(mesh, 0), "SIGTERM");
    text += new TextDecoder().decode(bytes);
  }
  const last = text.trimEnd().split("\n").at(-1) ?? "";
  assert.match(last, /^data: .*"code":"interrupted"/);
  assert.match(last, /is being stopped/);
  await ended(pidOf(mesh, 0));
});
