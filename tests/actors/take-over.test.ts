/** The built-in model, which is Q8_0: whoever takes an answer up, wherever it broke off, goes on with its tokens. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nextToken, Prefill } from "../../actors/conversation/steps.ts";
import type { Run } from "../../actors/pipeline.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import type { ComputeSegment } from "../../models/compute/mod.ts";
import { defaultSampling, type SamplingOptions } from "../../models/sampling/mod.ts";
import { withCompiled } from "../models/compute-subject.ts";

const CONTEXT = 256;
const TOKENS = 90;
const PROMPTS = [
  [1, 300, 301, 302, 303],
  [1, 700, 41, 1200, 99, 5],
  Array.from({ length: 131 }, (_, at) => 20 + 13 * at % 1800),
];
const ways = { greedy: { temperature: 0 }, seeded: { temperature: 0.9, seed: 11 } } as const;

/** Runs some tokens in slot 0; returns the token that follows, or -1. */
async function run(segment: ComputeSegment, { position, tokens, attention, sample }: Run, sampling: SamplingOptions) {
  const output = sample !== "none" ? { sampling, history: new Int32Array(0) } : "none" as const;
  const { tokens: [[next = -1] = []] } = await segment.step({
    rows: [{ slot: 0, position, count: tokens.length, attention, output }],
    tokens,
  });
  return next;
}

/** Takes up an answer of which `drawn` is known; returns its next token. */
async function takeUp(
  segment: ComputeSegment,
  prompt: Int32Array,
  drawn: readonly number[],
  sampling: SamplingOptions,
) {
  let next = -1;
  const prefill = new Prefill(prompt, drawn);
  for (let runs = prefill.take(); runs.length > 0; runs = prefill.take()) {
    for (const one of runs) {
      next = await run(segment, one, sampling);
      prefill.arrived(one.position + one.tokens.length);
    }
  }
  return next;
}

for (const [name, way] of Object.entries(ways)) {
  test(`an answer of the built-in model goes on with the same tokens wherever it is taken up (${name})`, async () => {
    await withCompiled(() => Promise.resolve(builtinModelPath()), async ({ compute, manifest, blocks }) => {
      const { architecture } = manifest;
      const segment = await compute.open({ architecture, blocks, context: CONTEXT, slots: 1 });
      const sampling = { ...defaultSampling, ...way };
      for (const prompt of PROMPTS.map((ids) => Int32Array.from(ids))) {
        const drawn = [await takeUp(segment, prompt, [], sampling)];
        while (drawn.length < TOKENS) {
          const token = nextToken(prompt.length + drawn.length - 1, drawn.at(-1) ?? -1);
          drawn.push(await run(segment, token, sampling));
        }
        for (let known = 1; known < TOKENS; known += 4) {
          assert.equal(await takeUp(segment, prompt, drawn.slice(0, known), sampling), drawn[known], `after ${known}`);
        }
      }
      await segment.close();
    });
  });
}
