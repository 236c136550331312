/** What the page says of copies in reserve and of private layers. */
import assert from "node:assert/strict";
import { test } from "node:test";

const { privateOf, reserveOf } = await import(new URL("../../page/keeping.js", import.meta.url).href);

test("in reserve is what a device has on its disk of what others run", () => {
  assert.equal(reserveOf([[0, 23]], { first: 8, last: 15 }), "0–7, 16–23");
  assert.equal(reserveOf([[0, 15], [20, 20]], { first: 0, last: 15 }), "20");
  assert.equal(reserveOf([[8, 15]], { first: 8, last: 15 }), "");
  assert.equal(reserveOf([[8, 15]], undefined), "8–15");
});

test("private are the embedding and the first layers, and the head where it is asked for", () => {
  const policy = { privateLayers: 2, privateHead: true };
  assert.equal(privateOf({ first: 0, last: 11 }, policy, 24), "embedding, layers 1–2");
  assert.equal(privateOf({ first: 2, last: 11 }, policy, 24), "layer 2");
  assert.equal(privateOf({ first: 12, last: 23 }, policy, 24), "head");
  assert.equal(privateOf({ first: 0, last: 23 }, { privateLayers: 0, privateHead: false }, 24), "");
});
