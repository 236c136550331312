/** Shorter prompts: which sentences stay. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ChatMessage, compress, readForChoosing, type Reading } from "../../models/text/mod.ts";

/** A token a character. */
const tokenizer = { encode: (text: string): number[] => [...text].map((character) => character.codePointAt(0) ?? 0) };

/** What is left where the tokens of the words that `good` names matter, and others do not. */
function cut(messages: readonly ChatMessage[], good: RegExp, share: number): string[] {
  const reading = readForChoosing(tokenizer, messages);
  return compress(reading, scores(reading, (text) => good.test(text) ? 1 : 0), share).messages.map(({ content }) =>
    content
  );
}

function scores({ tokens, words }: Reading, score: (text: string) => number): Float32Array {
  const keep = new Float32Array(tokens.length);
  for (const { text, start, end } of words) keep.fill(score(text), start, end);
  return keep;
}

const user = (content: string): ChatMessage => ({ role: "user", content });

test("the sentences that matter most stay, in their order", () => {
  const text = "It rains. Ann is in the park. There is a song. Bob is at home. Where is Ann?";
  assert.deepEqual(cut([user(text)], /Ann/, 0.5), ["Ann is in the park. Where is Ann?"]);
});

test("lines are sentences, and a full stop within a word ends none", () => {
  assert.deepEqual(cut([user("Parts:\n- a line: 3.5\n- a button: k1\nPress k1")], /k1/, 0.6), [
    "- a button: k1\nPress k1",
  ]);
});

test("languages without spaces have sentences too", () => {
  assert.deepEqual(cut([user("今天下雨。安在公园里。安在哪里？")], /安/, 0.8), ["安在公园里。安在哪里？"]);
});

test("of the last user's message a sentence stays, whatever it scores, and what others wrote is not touched", () => {
  const messages = [
    { role: "system", content: "Be brief.  Be kind." },
    user("Important things. More important things."),
    { role: "assistant", content: "I see. Go on." },
    user("So? What now?"),
  ];
  const [system, first, assistant, last] = cut(messages, /More/, 0.55);
  assert.deepEqual([system, assistant], ["Be brief.  Be kind.", "I see. Go on."]);
  assert.equal(first, "More important things.");
  assert.equal(last, "So?");
});

test("where the one sentence that stays is too long, its best words do", () => {
  assert.deepEqual(cut([user("where oh where is the golden key now")], /golden|key/, 0.3), ["golden key"]);
});

const words = fc.stringMatching(/^[a-z.!?\n ]{0,80}$/);
const messages = fc.array(
  fc.record({ role: fc.constantFrom("user", "assistant", "system"), content: words }),
  { minLength: 1, maxLength: 4 },
);

test("whatever the scores: order stays, the budget is met, others' texts stay, and all of it is all of it", () => {
  fc.assert(
    fc.property(
      messages,
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.infiniteStream(fc.nat(9)),
      (asked, share, draw) => {
        const reading = readForChoosing(tokenizer, asked);
        const keep = Float32Array.from(reading.tokens, () => (draw.next().value ?? 0) / 9);
        assert.deepEqual(compress(reading, keep, 1).messages, asked);

        const { messages: left, kept } = compress(reading, keep, share);
        const all = reading.words.reduce((sum, { start, end }) => sum + end - start, 0);
        const longest = Math.max(0, ...reading.words.map(({ start, end }) => end - start));
        assert.ok(kept <= Math.max(Math.ceil(all * share), longest), `${kept} of ${all} at ${share}`);
        if (all > 0) assert.ok(kept > 0);
        for (const [at, { role, content }] of left.entries()) {
          const whole = asked[at]?.content ?? "";
          if (role !== "user") assert.equal(content, whole);
          else assert.ok(isSubsequence(content, whole), `${JSON.stringify(content)} of ${JSON.stringify(whole)}`);
        }
      },
    ),
  );
});

test("a looser budget keeps a prompt no shorter where sentences are of one length", () => {
  const texts = fc.array(fc.constantFrom("aa.", "bb.", "cc."), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(
      texts,
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (all, a, b) => {
        const reading = readForChoosing(tokenizer, [user(all.join("\n"))]);
        const keep = Float32Array.from(reading.tokens, (_, at) => (at * 7) % 5);
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map((share) => compress(reading, keep, share).kept);
        assert.ok((less ?? NaN) <= (more ?? NaN));
      },
    ),
  );
});

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const character of whole) if (character === part[at]) at++;
  return at === part.length;
}
