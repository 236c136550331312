import assert from "node:assert/strict";
import { test } from "node:test";
import { TokenBytes } from "../../../actors/gateway/token-bytes.ts";

test("tokens of a model are as long as they usually were, and of another one four bytes", () => {
  const tokenBytes = new TokenBytes();
  for (const tokens of [100, 120, 1]) tokenBytes.record("one", { bytes: 360, tokens });
  assert.deepEqual([tokenBytes.of("one"), tokenBytes.of("another")], [3.6, 4]);
});

test("the latest nine prompts count; short ones, which are mostly the template's, and nonsense do not", () => {
  const tokenBytes = new TokenBytes();
  const nine = (bytes: number, tokens: number) => {
    for (let count = 0; count < 9; count++) tokenBytes.record("one", { bytes, tokens });
  };
  for (const [bytes, tokens] of [[600, 300], [600, 120], [38, 35], [600, 0], [NaN, 3], [600, NaN]] as const) {
    nine(bytes, tokens);
  }
  assert.equal(tokenBytes.of("one"), 5);
});
