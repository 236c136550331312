/** How large a prompt may be: one rule, whatever it is made of. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { MAX_PROMPT_BYTES, Prompt, promptBytes } from "../../actors/conversation/protocol.ts";
import { encode } from "../../runtime/codec.ts";

const fits = (prompt: Prompt) => v.safeParse(Prompt, prompt).success;
const text = (text: string): Prompt => ({ type: "text", text });
const chat = (...contents: string[]): Prompt => ({
  type: "chat",
  messages: contents.map((content) => ({ role: "user", content })),
});

test("a prompt's bytes are bounded as a whole, in UTF-8, over all messages or tokens", () => {
  assert.ok(fits(text("x".repeat(MAX_PROMPT_BYTES))));
  assert.ok(!fits(text("x".repeat(MAX_PROMPT_BYTES + 1))));
  assert.ok(!fits(text("€".repeat(MAX_PROMPT_BYTES / 2))));
  const half = "x".repeat(MAX_PROMPT_BYTES / 2);
  assert.ok(fits(chat(half)));
  assert.ok(!fits(chat(half, half)));
  const tokens = (count: number): Prompt => ({ type: "tokens", tokens: new Array<number>(count).fill(100_000) });
  assert.ok(fits(tokens(100_000)));
  assert.ok(!fits(tokens(110_000)));
});

test("what is counted is no less than what travels", () => {
  const prompts = [
    text("äöü€".repeat(1000)),
    chat("one", "two", "€".repeat(1000)),
    { type: "tokens", tokens: Array.from({ length: 1000 }, (_, index) => index * 200) } as const,
  ];
  for (const prompt of prompts) {
    assert.ok(encode(prompt).length <= promptBytes(prompt) + 64, `${encode(prompt).length} ${promptBytes(prompt)}`);
  }
});
