/** Quantiles of durations that are kept as counts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Durations } from "../../runtime/actor/durations.ts";

test("a quantile is never below the true one, and above it by a fifth at most", () => {
  const times = fc.array(fc.double({ min: 0.002, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(fc.property(times, fc.double({ min: 0.01, max: 1, noNaN: true }), (milliseconds, part) => {
    const durations = new Durations();
    for (const time of milliseconds) durations.add(time);
    const sorted = milliseconds.toSorted((a, b) => a - b);
    const truth = sorted[Math.ceil(sorted.length * part) - 1] ?? 0;
    const told = durations.quantile(part);
    assert.ok(told >= truth * 0.999999 && told <= truth * 1.2, `${told} for ${truth}`);
  }));
});

test("without durations, or where the clock cannot tell them from none, it is 0", () => {
  const durations = new Durations();
  assert.equal(durations.quantile(0.99), 0);
  durations.add(0);
  assert.equal(durations.quantile(0.99), 0);
});
