/** Devices that die, freeze or join while an answer is being read; real processes, killed for real. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { references, shared, skipWithoutModels } from "../shared.ts";
import { complete, type LocalMesh, startLocalMesh } from "./local-mesh.ts";

/** The reference model with llama.cpp's answers, or the one that comes with Skein. */
const MODEL = skipWithoutModels === false ? shared("models/babyllama-f32.gguf") : builtinModelPath();

/** Streams a greedy completion and calls `onToken` after each piece; returns the whole text. */
async function stream(
  api: string,
  prompt: string,
  maxTokens: number,
  onToken: (count: number) => void,
): Promise<string> {
  const response = await fetch(`${api}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({
      prompt,
      max_tokens: maxTokens,
      temperature: 0,
      stream: true,
    }),
  });
  assert.equal(response.status, 200);
  let [text, rest, count] = ["", "", 0];
  for await (
    const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []
  ) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data: {")) continue;
      const body = JSON.parse(line.slice(6)) as {
        choices?: { text: string }[];
        error?: { message: string };
      };
      assert.equal(body.error, undefined);
      text += body.choices?.[0]?.text ?? "";
      onToken(++count);
    }
  }
  return text;
}

/** What the answer must be: llama.cpp's, or where that is not here what the mesh says before anything happens to it. */
async function expected(mesh: LocalMesh, prompt: string): Promise<string> {
  const reference = skipWithoutModels === false
    ? references("babyllama-f32.gguf").find((one) => one.prompt === prompt)?.text
    : undefined;
  return reference ?? (await complete(mesh.api(0), prompt)).text;
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
      const whole = await expected(mesh, "Once upon a time");
      let killed = false;
      const text = await stream(
        mesh.api(0),
        "Once upon a time",
        120,
        (count) => {
          if (count !== 30) return;
          process.kill(pidOf(mesh, victim), "SIGKILL");
          killed = true;
        },
      );
      assert.ok(killed);
      assert.equal(text, whole);
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
    await using mesh = await startLocalMesh(3, MODEL, [], { holder: 1 });
    await mesh.split([await mesh.blocks() - 4, 2, 2], [1, 2, 0]);
    const whole = await expected(mesh, "Once upon a time");
    const before = await mesh.until(
      ({ leader }) => leader === mesh.daemons[0]?.ready.peerId,
      2,
    );
    const text = await stream(mesh.api(2), "Once upon a time", 120, (count) => {
      if (count === 30) process.kill(pidOf(mesh, 0), "SIGKILL");
    });
    assert.equal(text, whole);
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
    await using mesh = await startLocalMesh(3, MODEL);
    process.kill(pidOf(mesh, 0), "SIGKILL");
    const { state } = await mesh.until(
      ({ state }) =>
        state.type === "waiting" &&
        /no device in reach has it/.test(state.reason),
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
  const whole = await expected(mesh, "Once upon a time");
  const text = await stream(
    mesh.api(0),
    "Once upon a time",
    120,
    (count) => count === 30 && process.kill(pidOf(mesh, 2), "SIGSTOP"),
  );
  assert.equal(text, whole);
  process.kill(pidOf(mesh, 2), "SIGCONT");
  await mesh.until(({ state }) =>
    state.type === "active" &&
    state.plan.segments.some(({ name }) => name === "d2")
  );
  assert.equal(
    (await complete(mesh.api(2), "Once upon a time")).text,
    whole,
  );
});

test("a device that joins takes its share while an answer is being read", async () => {
  await using mesh = await startLocalMesh(1, MODEL);
  const whole = await expected(mesh, "Once upon a time");
  let joined: Promise<unknown> | undefined;
  const texts = [];
  for (let round = 0; round < 4; round++) {
    texts.push(
      await stream(mesh.api(0), "Once upon a time", 120, (count) => {
        if (count === 10) joined ??= mesh.join();
      }),
    );
  }
  await joined;
  await mesh.until(({ state }) => state.type === "active" && state.plan.segments.length === 2);
  for (const text of texts) assert.equal(text, whole);
});

test(
  "the device with the model's file can die once the others keep its blocks in reserve",
  { skip: skipWithoutModels },
  async () => {
    // No device can hold the model (6.4 MiB) alone, any two can.
    const limits = [["--memory", "4MiB"], ["--memory", "4MiB"], ["--memory", "4MiB"]];
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
    const whole = await expected(mesh, "Once upon a time");
    const text = await stream(mesh.api(1), "Once upon a time", 120, (count) => {
      if (count === 30) process.kill(pidOf(mesh, 0), "SIGKILL");
    });
    assert.equal(text, whole);
  },
);

test("a stream whose own daemon is stopped ends with an error that says so, and the daemon is gone soon after", async () => {
  await using mesh = await startLocalMesh(1, MODEL);
  const response = await fetch(`${mesh.api(0)}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: "Once upon a time", max_tokens: 400, temperature: 0, stream: true }),
    signal: AbortSignal.timeout(60_000),
  });
  let text = "";
  let stopped: Promise<void> | undefined;
  for await (const bytes of response.body ?? []) {
    text += new TextDecoder().decode(bytes);
    stopped ??= mesh.daemons[0]?.stop();
  }
  const ended = Date.now();
  await stopped;
  assert.ok(Date.now() - ended < 4000, "it had to be killed");
  const last = text.trimEnd().split("\n").at(-1) ?? "";
  assert.match(last, /^data: .*"code":"interrupted"/);
  assert.match(last, /is being stopped/);
});
