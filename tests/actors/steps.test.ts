/** How prompts and answers that are taken up go in: each token the way it was run first. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CHUNK_TOKENS, CHUNKS_IN_FLIGHT, nextToken, Prefill, REPLAY_TOKENS } from "../../actors/conversation/steps.ts";
import type { Run } from "../../actors/pipeline.ts";

const tokens = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);

/** All runs, each of which comes out before the next go in. */
function runsOf(prompt: readonly number[], generated: readonly number[], held = 0): Run[] {
  const prefill = new Prefill(Int32Array.from(prompt), generated);
  if (held > 0) prefill.skip(held);
  const runs: Run[] = [];
  for (let some = prefill.take(); some.length > 0; some = prefill.take()) {
    runs.push(...some);
    for (const { position, tokens } of some) prefill.arrived(position + tokens.length);
  }
  return runs;
}

test("a prefill sends its runs in order, few at a time", () => {
  const prefill = new Prefill(Int32Array.from(tokens(10 * CHUNK_TOKENS)), []);
  assert.equal(prefill.take().length, CHUNKS_IN_FLIGHT);
  assert.equal(prefill.take().length, 0);
  prefill.arrived(CHUNK_TOKENS);
  assert.deepEqual(prefill.take().map(({ position }) => position), [CHUNKS_IN_FLIGHT * CHUNK_TOKENS]);
});

test("all tokens go in once, the prompt's together and the answer's by themselves, and the last asks for a token; what the caches hold does not", () => {
  const [prompts, answers] = [fc.integer({ min: 1, max: 600 }), fc.integer({ min: 0, max: 300 })];
  fc.assert(fc.property(prompts, answers, fc.nat(), (promptLength, answerLength, some) => {
    const [prompt, generated] = [tokens(promptLength), tokens(answerLength, promptLength)];
    const held = some % (promptLength + answerLength);
    const runs = runsOf(prompt, generated, held);
    // Two tokens of a prompt are run again, or none.
    const from = promptLength > 1 && held === promptLength - 1 ? held - 1 : held;
    assert.deepEqual(runs.flatMap(({ tokens }) => [...tokens]), [...prompt, ...generated].slice(from));
    for (const [index, { position, tokens, attention, sample }] of runs.entries()) {
      assert.equal(position, tokens[0]);
      assert.equal(sample, index === runs.length - 1 ? "last" : "none");
      const ofPrompt = position < promptLength && promptLength > 1;
      assert.equal(attention, ofPrompt ? "chunk" : "single");
      if (ofPrompt) assert.ok(tokens.length >= 2 && position + tokens.length <= promptLength);
      else assert.ok(tokens.length <= REPLAY_TOKENS);
    }
  }));
});

test("a prompt goes in the same way whether an answer has begun or not", () => {
  for (const length of [1, 2, 3, CHUNK_TOKENS, CHUNK_TOKENS + 1, 5 * CHUNK_TOKENS + 1]) {
    const first = runsOf(tokens(length), []).map(({ tokens, attention }) => [[...tokens], attention]);
    const again = runsOf(tokens(length), tokens(40)).map(({ tokens, attention }) => [[...tokens], attention]);
    // A prompt of one token attends by itself, as what follows it does: they share a run.
    if (length > 1) assert.deepEqual(again.slice(0, first.length), first);
    else assert.deepEqual(again[0]?.[1], first[0]?.[1]);
  }
});

test("a token that was drawn attends by itself and asks for the next one", () => {
  assert.deepEqual(nextToken(7, 42), { position: 7, tokens: Int32Array.of(42), attention: "single", sample: "last" });
});
