/** How likely the built-in model's tokens are said to be, against ONNX Runtime's softmax of logits that one device computes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Likelihood, type LikelyToken } from "../../actors/conversation/likelihoods.ts";
import type { AnswerRequest } from "../../actors/conversation/protocol.ts";
import { Sampled } from "../../actors/pipeline.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { defaultSampling, MAX_TOP } from "../../models/sampling/mod.ts";
import { highest } from "../../models/sampling/select.ts";
import * as v from "valibot";
import { openLogSoftmax } from "../models/log-softmax.ts";
import { openPlainRunner } from "../models/plain-runner.ts";
import { defined } from "./defined.ts";
import { answerOf, type RealModel, withRealModel } from "./speculation-scene.ts";

const TEXT = "one, two, three, one, two, three, one, two, three, one, two,";

/** The logarithms of every token's probability after the prompt, and after each token that was drawn. */
async function expectedOf(model: RealModel, drawn: readonly number[]): Promise<Float32Array[]> {
  const read = await model.language.read({ type: "text", text: TEXT }, 256);
  if (read.type !== "tokens") assert.fail(read.message);
  const runner = await openPlainRunner(model.manifest, model.store, 256);
  const rows = await runner.step([...read.tokens]);
  const logits = [defined(rows.at(-1))];
  for (const token of drawn.slice(0, -1)) logits.push(defined((await runner.step([token]))[0]));
  await runner.release();
  const logSoftmax = await openLogSoftmax();
  return await Promise.all(logits.map((row) => logSoftmax(row)));
}

const request = (model: RealModel, more: Partial<AnswerRequest>): AnswerRequest => ({
  prompt: { type: "text", text: TEXT },
  sampling: {
    ...{ ...defaultSampling, temperature: 1.2, seed: 7, frequencyPenalty: -0.6 },
    logitBias: [...model.language.tokenizer.endIds].map((id) => [id, -100] as const),
  },
  maxTokens: 30,
  stop: [],
  ...more,
});

test("each token comes with the model's own probabilities, by any split, with guesses, and where conversations break", async () => {
  await withRealModel(builtinModelPath(), async (model) => {
    const { tokenizer } = model.language;
    for (const [cuts, breaks] of [[[], []], [[2, 4], [7, 19]]] as const) {
      const answer = await answerOf(model, {
        request: request(model, { logprobs: 4 }),
        ...{ cuts, breaks, speculates: true, policy: ({ guesses }) => guesses.length },
      });
      assert.ok(answer.accepted > 0 && answer.rejected > 0, `${answer.accepted} right, ${answer.rejected} wrong`);
      assert.equal(answer.likelihoods.length, 30);
      const expected = await expectedOf(model, answer.tokens);
      for (const [at, { top, ...own }] of answer.likelihoods.entries()) {
        const logprobs = defined(expected[at]);
        const isLike = (token: number, { bytes, logprob }: LikelyToken) => {
          assert.deepEqual([...bytes], [...tokenizer.bytes(token)]);
          assert.ok(Math.abs(logprob - (logprobs[token] ?? NaN)) < 0.01, `${logprob} is not ${logprobs[token]}`);
        };
        isLike(defined(answer.tokens[at]), own);
        for (const [place, token] of [...highest(logprobs, 4)].entries()) isLike(token, defined(top[place]));
      }
    }
  });
});

test("the tokens' bytes together are the answer's, and nothing is told where nobody asks", async () => {
  await withRealModel(builtinModelPath(), async (model) => {
    const asked = await answerOf(model, { request: request(model, { logprobs: 0 }), cuts: [3], speculates: false });
    const bytes = asked.likelihoods.flatMap(({ bytes }) => [...bytes]);
    assert.equal(new TextDecoder().decode(Uint8Array.from(bytes)), asked.text);
    assert.ok(asked.likelihoods.every(({ top }) => top.length === 0));
    const plain = await answerOf(model, { request: request(model, {}), cuts: [3], speculates: false });
    assert.deepEqual([plain.tokens, plain.likelihoods], [asked.tokens, []]);
  });
});

test("what a head says of probabilities is bounded, and no more than 1", () => {
  const sampled = (ratings: unknown) => v.is(Sampled, { type: "sampled", position: 3, tokens: [1], ratings });
  const rating = { logprob: -1, top: [[5, -0.5]] };
  assert.ok(sampled([rating]));
  for (const logprob of [0.1, NaN, -Infinity, "0"]) assert.equal(sampled([{ ...rating, logprob }]), false);
  assert.equal(sampled([{ ...rating, top: new Array(MAX_TOP + 1).fill([5, -0.5]) }]), false);
  assert.equal(sampled([{ ...rating, top: [[-1, -0.5]] }]), false);
  assert.equal(sampled(new Array(17).fill(rating)), false);
});

test("what a conversation elsewhere says a token's bytes are is bounded", () => {
  const likelihood = (length: number) => ({ bytes: new Uint8Array(length), logprob: -1, top: [] });
  assert.ok(v.is(Likelihood, likelihood(4096)));
  assert.ok(!v.is(Likelihood, likelihood(4097)));
});
