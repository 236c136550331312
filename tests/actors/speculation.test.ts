/** Answers of the built-in model with and without guesses: the same tokens, whatever is asked for and whatever breaks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { GuessPolicy } from "../../actors/conversation/guessing.ts";
import type { AnswerRequest } from "../../actors/conversation/protocol.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { answerOf, withRealModel } from "./speculation-scene.ts";

const LIST = "one, two, three, one, two, three, one, two, three, one, two,";
const request = (more: Partial<AnswerRequest> = {}): AnswerRequest => ({
  prompt: { type: "text", text: LIST },
  sampling: { ...defaultSampling, temperature: 0 },
  maxTokens: 40,
  stop: [],
  ...more,
});

/** Prompts that repeat themselves, and others. */
const prompts: fc.Arbitrary<string | number[]> = fc.oneof(
  fc.constant(LIST),
  fc.tuple(
    fc.array(fc.integer({ min: 3, max: 2000 }), { minLength: 1, maxLength: 6 }),
    fc.integer({ min: 1, max: 8 }),
  )
    .map(([tokens, times]) => Array.from({ length: times }, () => tokens).flat()),
);
const samplings = fc.record({
  temperature: fc.constantFrom(0, 0, 0.4, 1),
  seed: fc.nat(1000),
  repetitionPenalty: fc.constantFrom(1, 1, 1.3),
  frequencyPenalty: fc.constantFrom(0, 0, 0.7, -1, -2),
  presencePenalty: fc.constantFrom(0, 0, 0.5),
  logitBias: fc.constantFrom<(readonly [number, number])[]>([], [[260, 5] as const, [300, -20] as const]),
});
const cases = fc.record({
  prompt: prompts,
  sampling: samplings,
  maxTokens: fc.oneof(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 20, max: 40 }),
  ),
  stop: fc.constantFrom<string[]>([], ["e, tw"], ["the"]),
  cuts: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 2 }),
  /** Whether the text may end by itself: the model ends most of these soon. */
  ends: fc.constantFrom(true, false, false),
  breaks: fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 2 }),
});

/** One of which most guesses are wrong, and one of which most are right. */
type Case = typeof cases extends fc.Arbitrary<infer Drawn> ? Drawn : never;
const ways = [{ temperature: 1, frequencyPenalty: 0 }, { temperature: 0, frequencyPenalty: -2 }] as const;
const examples = ways.map((way): Case => ({
  ...{ prompt: LIST, maxTokens: 40, stop: [], cuts: [2, 4], ends: false, breaks: [7] },
  sampling: { seed: 1, repetitionPenalty: 1, presencePenalty: 0, logitBias: [], ...way },
}));

test("guesses change no token: any prompt, seed, penalty, stop string and split, also where conversations break", async () => {
  await withRealModel(builtinModelPath(), async (model) => {
    const endless = [...model.language.tokenizer.endIds].map((id) => [id, -100] as const);
    let [accepted, rejected] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        cases,
        async ({ prompt, sampling, cuts, breaks, ends, ...more }) => {
          const biases = ends ? sampling.logitBias : [...sampling.logitBias, ...endless];
          const asked = typeof prompt === "string"
            ? { type: "text" as const, text: prompt }
            : { type: "tokens" as const, tokens: prompt };
          const wanted = request({
            ...more,
            prompt: asked,
            sampling: { ...defaultSampling, ...sampling, logitBias: biases },
          });
          const places = cuts.sort((a, b) => a - b);
          const plain = await answerOf(model, {
            request: wanted,
            cuts: [],
            speculates: false,
          });
          const guessed = await answerOf(model, {
            ...{ request: wanted, cuts: places, speculates: true },
            // More than pays, so that many are wrong.
            policy: ({ guesses }) => guesses.length,
            breaks: breaks.sort((a, b) => a - b).filter((after) => after < plain.tokens.length),
          });
          assert.deepEqual(guessed.tokens, plain.tokens);
          assert.deepEqual([guessed.text, guessed.reason], [
            plain.text,
            plain.reason,
          ]);
          assert.equal(plain.accepted + plain.rejected, 0);
          accepted += guessed.accepted;
          rejected += guessed.rejected;
        },
      ),
      { numRuns: 25, examples: examples.map((example): [Case] => [example]) },
    );
    assert.ok(
      accepted > 0 && rejected > 0,
      `${accepted} guesses were right, ${rejected} were wrong`,
    );
  });
});

test("a text that repeats itself takes fewer steps than it has tokens", async () => {
  await withRealModel(builtinModelPath(), async (model) => {
    const logitBias = [...model.language.tokenizer.endIds].map((id) => [id, -100] as const);
    const repeated = request({
      sampling: {
        ...defaultSampling,
        temperature: 0,
        frequencyPenalty: -1,
        logitBias,
      },
    });
    const policy: GuessPolicy = ({ guesses }) => guesses.length;
    const wish = { request: repeated, cuts: [2], speculates: true, policy };
    const { tokens, accepted } = await answerOf(model, wish);
    assert.ok(
      accepted > tokens.length / 2,
      `${accepted} of ${tokens.length} tokens were guessed`,
    );
    const { tokens: same, accepted: none } = await answerOf(model, {
      ...wish,
      speculates: false,
    });
    assert.deepEqual([same, none], [tokens, 0]);
  });
});
