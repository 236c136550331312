/** A device that is told to stop while an answer is read: real processes, a real SIGTERM. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { skein } from "./command.ts";
import { ended, startLocalMesh } from "./local-mesh.ts";

const PROMPT = "Once upon a time";
/** Tokens of the answer, at most. */
const TOKENS = 100;
/** After this many tokens a device is told to leave. */
const SOME = 15;

/** An answer as it was read: its text, and when each piece came, in milliseconds. */
interface Read {
  readonly text: string;
  readonly at: readonly number[];
  readonly conversations: number;
}

/** Reads a seeded answer; calls `onToken` after each piece. */
async function read(api: string, onToken: (count: number) => void = () => {}): Promise<Read> {
  const response = await fetch(`${api}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({ prompt: PROMPT, max_tokens: TOKENS, temperature: 1.2, seed: 7, stream: true }),
  });
  assert.equal(response.status, 200);
  let [text, rest, conversations] = ["", "", 0];
  const at: number[] = [];
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data: {")) continue;
      const body = JSON.parse(line.slice(6)) as {
        choices?: { text: string }[];
        error?: { message: string };
        skein?: { conversations: number };
      };
      assert.equal(body.error, undefined);
      text += body.choices?.[0]?.text ?? "";
      conversations = body.skein?.conversations ?? conversations;
      at.push(performance.now());
      onToken(at.length);
    }
  }
  return { text, at, conversations };
}

test("a device that is told to stop gives what it runs to the others first: the reader gets every token, once", async () => {
  // Slow enough that the answer lasts longer than leaving takes.
  await using mesh = await startLocalMesh(3, builtinModelPath(), ["--slowdown", "20", "--context", "512"]);
  const blocks = await mesh.blocks();
  await mesh.split([blocks - 4, 2, 2], [1, 2, 0]);
  const whole = await read(mesh.api(0));
  const { pid = 0, api = "" } = mesh.daemons[2]?.ready ?? {};
  let told = 0;
  const again = await read(mesh.api(0), (count) => {
    if (count !== SOME) return;
    told = performance.now();
    process.kill(pid, "SIGTERM");
  });
  await ended(pid);
  assert.equal(again.text, whole.text);
  assert.equal(again.conversations, 2, "it went over to the others, once");
  const gaps = again.at.slice(1).map((at, index) => at - (again.at[index] ?? at));
  console.log(
    `longest gap ${Math.max(...gaps).toFixed(0)} ms, median ${gaps.toSorted((a, b) => a - b)[gaps.length >> 1]} ms`,
  );
  assert.ok(told > 0 && (again.at.at(-1) ?? 0) > told);

  // The same by command: who is left answers alone.
  const left = await skein(["leave", "--api", mesh.api(1)]);
  assert.equal(left.code, 0, left.stderr);
  assert.match(left.stdout, /has left/);
  await mesh.until(({ state }) => state.type === "active" && state.plan.segments.length === 1);
  assert.equal((await read(mesh.api(0))).text, whole.text);
  assert.equal((await skein(["leave", "--api", api])).code, 1, "nobody is there");
});
