/** Text as terminals show it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { count, milliseconds, short, size, span } from "../../../cli/top/numbers.ts";
import { clean, cut, fit, fitRight, widthOf, wrap } from "../../../cli/top/text.ts";

test("wide letters take two columns, and what is drawn over another letter none", () => {
  assert.deepEqual(["abc", "日本", "👩‍💻", "e\u0301", "─▶"].map(widthOf), [3, 4, 2, 1, 2]);
});

test("a text that is cut or filled takes just the columns that it is given", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 40 }).map(clean);
  fc.assert(fc.property(text, fc.integer({ min: 0, max: 60 }), (text, columns) => {
    assert.ok(widthOf(cut(text, columns)) <= columns);
    assert.equal(widthOf(fit(text, columns)), columns);
    assert.equal(widthOf(fitRight(text, columns)), columns);
  }));
  assert.deepEqual([cut("abcdef", 4), cut("日本語", 4), cut("abc", 3)], ["abc…", "日…", "abc"]);
});

test("a text is broken between words, or within one that is too long; no letter is lost", () => {
  assert.deepEqual(wrap("one two three", 8), ["one two", "three"]);
  assert.deepEqual(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 20 });
  fc.assert(fc.property(words, fc.integer({ min: 1, max: 20 }), (words, columns) => {
    const lines = wrap(words.join(" "), columns);
    assert.ok(lines.every((line) => widthOf(line) <= columns));
    assert.equal(lines.join("").replaceAll(" ", ""), words.join(""));
  }));
});

test("numbers take few letters", () => {
  assert.deepEqual([0.42, 1.04, 9.1, 52, 0].map(short), ["0.42", "1", "9.1", "52", "0"]);
  assert.deepEqual([0.4, 52, 1200, 12_000].map(milliseconds), ["0.4 ms", "52 ms", "1.2 s", "12 s"]);
  assert.deepEqual([812, 41_000, 1_300, 1.25e6, 999_999].map(count), ["812", "41k", "1.3k", "1.3M", "1M"]);
  assert.deepEqual([812, 11.3 * 2 ** 20, 1.6 * 2 ** 30, 1023 * 2 ** 20].map(size), ["812B", "11M", "1.6G", "1G"]);
  assert.deepEqual([12, 240, 7200, 300_000].map(span), ["12 s", "4 min", "2 h", "3 d"]);
});
