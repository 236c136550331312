import assert from "node:assert/strict";
import test from "node:test";
import { compileModel } from "../../models/compile/mod.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { argmax, openPlainRunner, type PlainRunner } from "./plain-runner.ts";
import { withFolder } from "./temporary.ts";
import { type ReferenceCase, references, shared, skipWithoutModels } from "../shared.ts";

async function withRunner(
  model: string,
  action: (runner: PlainRunner) => Promise<void>,
  quantize: "keep" | "4" | "8" = "keep",
): Promise<void> {
  await withFolder(async (folder) => {
    const store = await openBlockStore(folder);
    const manifest = await compileModel(shared(`models/${model}`), { store, quantize });
    const runner = await openPlainRunner(manifest, store, manifest.architecture.context);
    try {
      await action(runner);
    } finally {
      await runner.release();
    }
  });
}

async function greedy(runner: PlainRunner, prompt: readonly number[], count: number): Promise<number[]> {
  runner.reset();
  const answer: number[] = [];
  for (let next = prompt; answer.length < count;) {
    const id = argmax((await runner.step(next)).at(-1) ?? new Float32Array());
    answer.push(id);
    next = [id];
  }
  return answer;
}

/** The share of positions at which the most likely token is the reference's, which is fed in any case. */
async function agreement(runner: PlainRunner, cases: readonly ReferenceCase[]): Promise<number> {
  let agreed = 0;
  let positions = 0;
  for (const { ids, greedy } of cases) {
    runner.reset();
    const rows = await runner.step([...ids, ...greedy.slice(0, -1)]);
    greedy.forEach((id, i) => {
      positions++;
      if (argmax(rows[ids.length - 1 + i] ?? new Float32Array()) === id) agreed++;
    });
  }
  return agreed / positions;
}

for (const model of ["babyllama-f32.gguf", "babyllama-hf"]) {
  test(`${model} gives llama.cpp's greedy tokens exactly`, { skip: skipWithoutModels }, async () => {
    const cases = references("babyllama-f32.gguf");
    await withRunner(model, async (runner) => {
      for (const { prompt, ids, greedy: wanted } of cases) {
        assert.deepEqual(await greedy(runner, ids, wanted.length), wanted, prompt);
      }
    });
  });
}

for (const [model, least] of [["babyllama-q8_0.gguf", 0.97], ["babyllama-q4_0.gguf", 0.95]] as const) {
  test(
    `${model} agrees with llama.cpp at ${least * 100}% of the positions`,
    { skip: skipWithoutModels },
    async (t) => {
      await withRunner(model, async (runner) => {
        const share = await agreement(runner, references(model));
        t.diagnostic?.(`agreement ${(share * 100).toFixed(2)}%`);
        assert.ok(share >= least, `${share}`);
      });
    },
  );
}

for (const [quantize, least] of [["8", 0.97], ["4", 0.85]] as const) {
  test(
    `the folder quantised to ${quantize} bits keeps ${least * 100}% of the tokens`,
    { skip: skipWithoutModels },
    async (t) => {
      await withRunner("babyllama-hf", async (runner) => {
        const share = await agreement(runner, references("babyllama-f32.gguf"));
        t.diagnostic?.(`agreement ${(share * 100).toFixed(2)}%`);
        assert.ok(share >= least, `${share}`);
      }, quantize);
    },
  );
}
