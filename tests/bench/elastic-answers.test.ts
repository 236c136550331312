/** The elastic benchmark's answers and proportions: what is judged right, what is kept, what a level should take. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { evaluate } from "../../bench/elastic/evaluate.ts";
import { judge } from "../../bench/elastic/judge.ts";
import type { OpenModel, Runnable } from "../../bench/elastic/open-model.ts";
import { expectedOf, layersShare } from "../../bench/elastic/proportion.ts";
import { tableOf } from "../../bench/elastic/table.ts";
import type { StepRequest } from "../../models/compute/mod.ts";
import type { Manifest } from "../../models/manifest.ts";

const END = 0;
const letters = " abcdefghijklmnopqrstuvwxyz";

/** A model that says a text after each prompt, a letter a token, whose steps are counted. */
function sayer(text: string): { readonly runnable: Runnable; readonly steps: number[] } {
  const said = [...text].map((letter) => letters.indexOf(letter) + 1);
  const steps: number[] = [];
  const prompts = new Map<number, number>();
  const segment = {
    step({ rows }: Omit<StepRequest, "segment">) {
      steps.push(rows.length);
      const tokens = rows.map(({ slot, position, count }) => {
        if (position === 0) prompts.set(slot, count);
        return [said[position + count - (prompts.get(slot) ?? 0)] ?? END];
      });
      return Promise.resolve({ tokens, logits: [], blockMilliseconds: [] });
    },
  };
  const tokenizer = {
    endIds: new Set([END]),
    decode: (ids: ArrayLike<number>) => Array.from(ids, (id) => letters[id - 1]).join(""),
    encode: (words: string) => [...words].map((letter) => letters.indexOf(letter) + 1),
  };
  const model = { tokenizer, manifest: { architecture: { context: 512 } } } as unknown as OpenModel;
  return { runnable: { key: text, model, segment: segment as unknown as Runnable["segment"] }, steps };
}

test("an answer is right to the letter, spaces around it left out, and ends where it cannot become right", async () => {
  const { runnable, steps } = sayer(" in the barn");
  const exams = ["in the barn", "in the bar", "on the barn"].map((answer, index) => ({
    ids: [1, 2, 3 + index],
    answer,
  }));
  assert.deepEqual(await judge(runnable, exams), [true, false, false]);
  // A step for each letter and the end; the third exam is over after a space and a letter, the second at its last letter.
  assert.deepEqual([steps.length, steps[0], steps[2], steps.at(-1)], [13, 3, 2, 1]);
});

test("what a table holds is not asked again, and a line that was cut off is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "skein-elastic-test-"));
  try {
    const file = join(folder, "table.jsonl");
    const make = async (key: string) => {
      const { runnable, steps } = sayer("no answer");
      const cases = await tableOf({
        file,
        key,
        levels: [runnable],
        shorten: (prompt) => Promise.resolve({ ids: [[prompt.length], [1], [1], [1], [1]] }),
        perSetting: { test: 1, validation: 1 },
        known: new Map(),
      });
      return { cases, steps: steps.length };
    };
    const first = await make("a model");
    assert.equal(first.cases.filter(({ set }) => set === "test").length, 54);
    const again = await make("a model");
    assert.deepEqual([again.cases, again.steps], [first.cases, 0]);
    await writeFile(file, (await readFile(file, "utf8")).slice(0, -20));
    const mended = await make("a model");
    assert.deepEqual(mended.cases, first.cases);
    assert.ok(mended.steps > 0 && mended.steps < first.steps / 4, `${mended.steps} of ${first.steps} steps`);
    assert.equal((await make("another")).steps, first.steps);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a level should take its part of each block that is made of slices, and all of what is not", () => {
  const block = (kind: string, index: number) => ({ kind, index, multiplyAddsPerToken: kind === "layer" ? 10 : 5 });
  const manifest = {
    elastic: { slices: 4, anchors: [1] },
    blocks: [block("embed", 0), block("layer", 1), block("layer", 2), block("layer", 3), block("head", 4)],
  } as unknown as Manifest;
  const whole = { total: 30, blocks: [1, 8, 6, 4, 7] };
  assert.equal(expectedOf(manifest, whole, 4), 30);
  assert.equal(expectedOf(manifest, whole, 1), 30 - 8 * 0.75 - 4 * 0.75);
  assert.deepEqual([1, 2, 4].map((level) => layersShare(manifest, level)), [0.5, 2 / 3, 1]);
});

test("all policies answer the same requests, and what the chooser is better by is the difference", () => {
  const times = { lengths: [10, 100], rounds: [{ prefill: [[1, 10], [2, 20]], decode: [1, 2] }] };
  const cases = (["test", "validation"] as const).flatMap((set) =>
    [0, 1, 2, 3].map((index) => ({
      ...{ set, index, family: "lookup", hops: 1, redundancy: 0, answerTokens: 4 },
      tokens: [100, 80, 60, 40, 20],
      right: Array.from({ length: 5 }, () => [index % 2 === 0, true]),
      guess: Array.from({ length: 5 }, () => [0.5, 0.9]),
    }))
  );
  const scores = evaluate({ elastic: { cases, times } }, { seeds: [1, 2], skews: [0], requests: 300, load: 0.5 });
  const [chooser] = scores;
  for (const { policy, good, behind, byTarget } of scores) {
    assert.ok(Math.abs((chooser?.good.value ?? NaN) - good.value - behind.value) < 1e-9, policy);
    assert.equal(byTarget.length, 6);
  }
  assert.equal(scores.find(({ policy }) => policy === "the whole model")?.byTarget.join(), "1,0,0,0,0,0");
});
