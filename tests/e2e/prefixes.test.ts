/** Real daemons and kernels: a conversation goes on from what the caches hold of it, with the words that it would have had. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { startLocalMesh } from "./local-mesh.ts";

interface Turn {
  readonly text: string;
  readonly cached: number;
  readonly promptTokens: number;
  readonly ttft: number;
}

async function turn(api: string, prompt: string): Promise<Turn> {
  const response = await fetch(`${api}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt, max_tokens: 40, temperature: 0 }),
  });
  const { choices, usage, skein } = await response.json() as {
    readonly choices: readonly { readonly text: string }[];
    readonly usage: {
      readonly prompt_tokens: number;
      readonly prompt_tokens_details: { readonly cached_tokens: number };
    };
    readonly skein: { readonly ttft_ms: number };
  };
  return {
    text: choices[0]?.text ?? "",
    cached: usage.prompt_tokens_details.cached_tokens,
    promptTokens: usage.prompt_tokens,
    ttft: skein.ttft_ms,
  };
}

/** Three prompts, of which each goes on from the answer to the one before. */
async function talk(arguments_: readonly string[], pause: number): Promise<Turn[]> {
  await using mesh = await startLocalMesh(2, builtinModelPath(), ["--context", "512", ...arguments_], {
    patience: 240_000,
  });
  const turns: Turn[] = [];
  let prompt = "Once upon a time there was a little girl who liked to play in the garden with her dog. ".repeat(4);
  for (let number = 0; number < 3; number++) {
    const said = await turn(mesh.api(0), prompt);
    turns.push(said);
    prompt += `${said.text} Then they went home and `;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return turns;
}

test("a prompt that goes on from an answer starts from the caches, with the words that it has without", async () => {
  const without = await talk(["--prefix-cache", "off"], 0);
  for (const pause of [0, 3000]) {
    const turns = await talk([], pause);
    assert.deepEqual(turns.map(({ text }) => text), without.map(({ text }) => text));
    assert.deepEqual(without.map(({ cached }) => cached), [0, 0, 0]);
    assert.equal(turns[0]?.cached, 0);
    for (const { cached } of turns.slice(1)) assert.ok(cached > 50, `${cached} tokens were there`);
  }
});
