/** Real daemons and kernels: the same question at several levels, side by side and while a device dies. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import type { AnswerDetails } from "../../actors/gateway/api.ts";
import { planOf } from "../../actors/plan.ts";
import { skein } from "./command.ts";
import { type LocalMesh, startLocalMesh } from "./local-mesh.ts";

const QUESTION = "Tell me a story about a little girl who likes to play in the garden with her dog.";
const BEGINNING = "Once upon a time there was a little girl who lived near the garden. One day";
const TOKENS = 160;
/** Faster than anything: the least of the model comes closest. */
const LEAST = { tpot_ms: 0.001 };

interface Said {
  readonly text: string;
  readonly details: AnswerDetails;
}

async function ask(api: string, slo?: unknown): Promise<Said> {
  // A text goes on from where it ends: nothing is left out of it, as of a chat's messages might be.
  const response = await fetch(`${api}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: BEGINNING, max_tokens: TOKENS, temperature: 0, slo }),
  });
  const { choices, skein } = await response.json() as {
    readonly choices: readonly { readonly text: string }[];
    readonly skein: AnswerDetails;
  };
  return { text: choices[0]?.text ?? "", details: skein };
}

/** Three daemons that know what levels take. */
async function elasticMesh(): Promise<LocalMesh> {
  const mesh = await startLocalMesh(3, builtinModelPath(), ["--context", "512"], { patience: 240_000 });
  await mesh.until(({ models }) => planOf({ models: [...models], reason: "" })?.elastic !== undefined);
  return mesh;
}

/** What a level answers on a mesh that nothing happens to. */
async function reference(api: string, level: number, known: ReadonlyMap<number, string>): Promise<string | undefined> {
  // Which level is in time is a matter of the moment.
  for (let most = 0.3; most < 1 && !known.has(level); most += 0.1) {
    const { text, details } = await ask(api, { tpot: most });
    if (details.level === level) return text;
  }
  return known.get(level);
}

test("less of the model stands beside the whole, each with its own words, also while a device dies", async () => {
  await using mesh = await elasticMesh();
  const whole = await ask(mesh.api(0));
  const least = await ask(mesh.api(0), LEAST);
  assert.equal(whole.details.level, undefined);
  const { level = 0, levels = 0 } = least.details;
  assert.ok(level < levels);
  assert.notEqual(least.text, whole.text, "less of the model has other words");
  const texts = new Map([[level, least.text], [levels, whole.text]]);
  const askAll = (api: string) => Promise.all([LEAST, "full", undefined].map((slo) => ask(api, slo)));
  const check = async (said: readonly Said[]) => {
    const [lesser, full, plain] = said;
    assert.deepEqual([full?.text, plain?.text], [whole.text, whole.text], "full is the whole, bit for bit");
    assert.equal(full?.details.level, levels);
    assert.equal(lesser?.text, await reference(mesh.api(0), lesser?.details.level ?? 0, texts));
  };
  await check(await askAll(mesh.api(1)));
  const under = askAll(mesh.api(0));
  await new Promise((resolve) => setTimeout(resolve, 60));
  mesh.signal(2, "SIGKILL");
  const hurt = await under;
  assert.ok(hurt.some(({ details }) => details.conversations > 1), "the device was lost while they were read");
  await check(hurt);
});

test("skein ask --slo says at which level it was answered and what was predicted; what cannot be is refused", async () => {
  await using mesh = await elasticMesh();
  const arguments_ = ["ask", "--api", mesh.api(1), "--max-tokens", "20", QUESTION];
  const said = await skein([...arguments_, "--slo", "fast"]);
  assert.match(said.stderr, /level \d of \d, \d+% of the prompt, first word after [\d.]+ ms \(predicted [\d.]+\)/);
  const json = JSON.parse((await skein([...arguments_, "--slo", "full", "--json"])).stdout) as {
    details: AnswerDetails;
  };
  assert.equal(json.details.level, json.details.levels);
  const refused = await skein([...arguments_, "--slo", "ttft=0.001ms,strict"]);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /not to be had now/);
  assert.match((await skein(["inspect", "--api", mesh.api(0)])).stdout, /lately .*at level \d/);
});
