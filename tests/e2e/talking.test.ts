/** Asking and chatting as people do: words, pipes, files, and what is said when something is missing. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { withFolder } from "../models/temporary.ts";
import { skein } from "./command.ts";
import { startLocalMesh } from "./local-mesh.ts";

test("words need no quotes; pipes and files go behind them; a limit and an empty prompt are told", async () => {
  await using mesh = await startLocalMesh(1, builtinModelPath());
  const api = ["--api", mesh.api(0)];
  const ask = (args: readonly string[], input?: string) =>
    skein(["ask", ...api, "--temperature", "0", ...args], 60_000, process.env, input);
  const quoted = await ask(["Tell me a story", "--max-tokens", "12"]);
  const words = await ask(["Tell", "me", "a", "story", "--max-tokens", "12"]);
  assert.deepEqual([words.code, words.stdout], [0, quoted.stdout]);
  assert.match(words.stderr, /stopped at 12 tokens: give a larger --max-tokens/);
  const tokensOf = ({ stdout }: { stdout: string }) =>
    (JSON.parse(stdout).details as { prompt_tokens: number }).prompt_tokens;
  const short = tokensOf(await ask(["Sum", "up:", "--json", "--max-tokens", "2"]));
  const piped = tokensOf(await ask(["Sum", "up:", "--json", "--max-tokens", "2"], "The dog ran to the mill.\n"));
  assert.ok(piped > short, "what was piped in belongs to the prompt");
  await withFolder(async (folder) => {
    const file = join(folder, "notes.txt");
    await writeFile(file, "The dog ran to the mill.\n");
    assert.equal(tokensOf(await ask(["Sum", "up:", "--json", "--max-tokens", "2", "-f", file])), piped);
    const missing = await ask(["hi", "--file", join(folder, "none")]);
    assert.deepEqual([missing.code, /none cannot be read: there is no such file/.test(missing.stderr)], [1, true]);
  });
  for (const empty of [await ask([""]), await ask([]), await ask([], " \n")]) {
    assert.deepEqual([empty.code, empty.stdout], [2, ""]);
    assert.match(empty.stderr, /There is no prompt/);
  }
});

test("a chat remembers what was said, follows instructions, and leaves out the oldest when the context is full", async () => {
  await using mesh = await startLocalMesh(1, builtinModelPath(), ["--context", "40"]);
  const options = ["--api", mesh.api(0), "--temperature", "0", "--max-tokens", "8"];
  const lines = ["Tell me a story", "/again", "/dance", "And then?", "And then, after all of that?", "/plan", "/exit"];
  const { code, stdout, stderr } = await skein(["chat", ...options], 60_000, process.env, `${lines.join("\n")}\n`);
  assert.equal(code, 0, stderr);
  const [first, again] = stdout.split("\n");
  assert.equal(first, again);
  assert.match(stderr, /There is no \/dance; \/help shows what there is/);
  assert.match(stdout, /context 40/);
  const prompts = [...stderr.matchAll(/(\d+) \+ \d+ tokens/g)].map(([, tokens]) => Number(tokens));
  assert.equal(prompts.length, 4);
  assert.equal(prompts[0], prompts[1]);
  assert.ok((prompts[2] ?? 0) > (prompts[1] ?? 0), "the history goes along");
  assert.match(stderr, /The context is full: the oldest messages are left out/);
});
