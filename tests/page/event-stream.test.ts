/** The list of events: the latest first, each once, and of an answer only how far it is now. */
import assert from "node:assert/strict";
import { test } from "node:test";

// Plain JavaScript for browsers: no types are declared for it.
const { withNews } = await import(new URL("../../page/event-stream.js", import.meta.url).href);

const one = (key: string, text = key) => ({ key, text });
const progress = (key: string, text: string) => ({ key, text, supersedes: true });
const texts = (events: readonly { text: string }[]) => events.map(({ text }) => text).join(" ");

test("news come before the rest, what is told twice is there once, and the oldest go", () => {
  const before = withNews([], [one("a"), one("b")], 3);
  assert.equal(texts(before), "b a");
  assert.equal(texts(withNews(before, [one("a"), one("c"), one("d")], 3)), "d c b");
});

test("how far an answer is takes the place of how far it was", () => {
  const before = withNews([], [one("a"), progress("x", "7"), progress("y", "1"), progress("x", "12")], 9);
  assert.equal(texts(before), "12 1 a");
  assert.equal(texts(withNews(before, [one("b"), progress("y", "2")], 9)), "2 b 12 a");
});
