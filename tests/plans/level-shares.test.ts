import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { levelShares } from "../../plans/level-shares.ts";

const shares = (levels: number, measured: Record<number, number> = {}) => {
  const known = new Map(Object.entries(measured).map(([level, share]) => [Number(level), share]));
  return levelShares(levels, known).map((share) => Math.round(1000 * share) / 1000);
};

test("levels take the shares of their weights until something is measured", () => {
  assert.deepEqual(shares(4), [0.25, 0.5, 0.75, 1]);
});

test("what has not been measured lies on the line through what has, the whole among it", () => {
  assert.deepEqual(shares(4, { 2: 0.6 }), [0.4, 0.6, 0.8, 1]);
  assert.deepEqual(shares(5, { 1: 0.4, 3: 0.7 }), [0.4, 0.55, 0.7, 0.85, 1]);
});

test("a level that was measured to take longer than a higher one takes as long: that was noise", () => {
  assert.deepEqual(shares(4, { 1: 0.5, 2: 0.4, 3: 0.9 }), [0.45, 0.45, 0.9, 1]);
});

test("whatever was measured, a higher level never takes less, and the last is the whole", () => {
  const share = fc.double({ min: 1e-3, max: 1, noNaN: true });
  const measured = fc.array(fc.tuple(fc.integer({ min: 1, max: 70 }), share)).map((each) => new Map(each));
  fc.assert(fc.property(fc.integer({ min: 1, max: 64 }), measured, (levels, measured) => {
    const shares = levelShares(levels, measured);
    assert.equal(shares.length, levels);
    assert.equal(shares.at(-1), 1);
    for (const [at, share] of shares.entries()) assert.ok(share > 0 && share >= (shares[at - 1] ?? 0) - 1e-12);
  }));
});
