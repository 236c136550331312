/** What is guessed from a text: what followed its longest ending before. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LONGEST_MATCH, Recurrence } from "../../actors/conversation/recurrence.ts";

/** What follows the longest ending that occurred before, found the slow way; nothing where less than a pair did. */
function longest(ids: readonly number[]): number {
  for (let length = Math.min(LONGEST_MATCH, ids.length - 1); length >= 2; length--) {
    for (let end = ids.length - 1; end >= length; end--) {
      if (ids.slice(end - length, end).every((id, at) => id === ids[ids.length - length + at])) return length;
    }
  }
  return 0;
}

const cases: Readonly<Record<string, readonly [text: string, guesses: string, matched: number]>> = {
  "nothing of an empty text": ["", "", 0],
  "nothing of a token": ["a", "", 0],
  "nothing where only one token occurred before": ["abcxb", "", 0],
  "what followed a pair": ["abcdefab", "cdefab", 2],
  "what followed the longer of two matches, though the other is later": ["xabc yabd xab", "c yabd", 3],
  "the later one of two that are as long": ["abcabdab", "dabdab", 2],
  "a circle, on and on": ["abab", "ababab", 2],
  "one token, again and again": ["aaa", "aaaaaa", 2],
};

for (const [name, [text, guesses, matched]] of Object.entries(cases)) {
  test(`it guesses ${name}`, () => {
    const proposal = new Recurrence([...text].map((letter) => letter.charCodeAt(0))).propose(6);
    assert.deepEqual([String.fromCharCode(...proposal.guesses), proposal.matched], [guesses, matched]);
  });
}

test("a match is as long as any, where the pair that it ends in is not too frequent, and tokens are told apart", () => {
  fc.assert(fc.property(fc.array(fc.nat(3), { maxLength: 24 }), fc.nat(8), (ids, most) => {
    const { guesses, matched } = new Recurrence(ids.map((id) => 0x7ffffff0 + id)).propose(most);
    if (most > 0 && ids.length < 18) assert.equal(matched, longest(ids));
    assert.equal(guesses.length, matched === 0 ? 0 : most);
    assert.ok(guesses.every((guess) => ids.includes(guess - 0x7ffffff0)));
  }));
});
