import assert from "node:assert/strict";
import { test } from "node:test";
import { TokenBytes } from "../../../actors/gateway/token-bytes.ts";

test("tokens of a model are as long as they usually were, and of another one four bytes", () => {
  const tokenBytes = new TokenBytes();
  for (const bytes of [3, 3.5, 900]) tokenBytes.record("one", bytes);
  assert.deepEqual([tokenBytes.of("one"), tokenBytes.of("another")], [3.5, 4]);
});

test("the latest nine prompts count, and what is no length does not", () => {
  const tokenBytes = new TokenBytes();
  for (let count = 0; count < 20; count++) tokenBytes.record("one", 2);
  for (let count = 0; count < 9; count++) tokenBytes.record("one", 5);
  for (const bytes of [Infinity, NaN, 0, -1]) for (let count = 0; count < 9; count++) tokenBytes.record("one", bytes);
  assert.equal(tokenBytes.of("one"), 5);
});
