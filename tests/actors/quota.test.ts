import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  CREDIT_PER_SECOND,
  giveBack,
  isUntouched,
  LEAST_BYTES,
  MAX_BYTES,
  MAX_CONVERSATIONS,
  MAX_CREDIT,
  type Quota,
  take,
  untouched,
} from "../../actors/supervisor/quota.ts";

function taken(quota: Quota, bytes: number, now: number): Quota {
  const outcome = take(quota, bytes, now);
  return outcome.type === "taken" ? outcome.quota : assert.fail(outcome.reason);
}

test("long prompts are taken until the credit is gone, and again as it comes back", () => {
  const spent = taken(untouched(0), MAX_CREDIT, 0);
  assert.equal(take(spent, 100_000, 0).type, "refused");
  assert.equal(take(spent, 100_000, 100_000 / CREDIT_PER_SECOND * 1000).type, "taken");
});

test("conversations are as many as may live at once, however slowly they come", () => {
  let quota = untouched(0);
  for (let index = 0; index < MAX_CONVERSATIONS; index++) quota = taken(quota, 1, index * 1000);
  const later = MAX_CONVERSATIONS * 1000;
  assert.equal(take(quota, 1, later).type, "refused");
  assert.equal(take(giveBack(quota, 1), 1, later).type, "taken");
});

test("whatever a member takes and gives back, it never has more than its quota, and all of it in the end", () => {
  const step = fc.record({ bytes: fc.nat(600_000), wait: fc.nat(3000), back: fc.boolean() });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const [living, start]: [number[], Quota] = [[], untouched(0)];
    let [quota, now, read] = [start, 0, 0];
    for (const { bytes, wait, back } of steps) {
      now += wait;
      const ended = back ? living.shift() : undefined;
      if (ended !== undefined) quota = giveBack(quota, ended);
      const outcome = take(quota, bytes, now);
      if (outcome.type === "refused") continue;
      quota = outcome.quota;
      living.push(bytes);
      read += Math.max(bytes, LEAST_BYTES);
    }
    assert.ok(quota.bytes <= MAX_BYTES && quota.conversations <= MAX_CONVERSATIONS);
    assert.ok(read <= MAX_CREDIT + now / 1000 * CREDIT_PER_SECOND + 1);
    const rest = living.reduce(giveBack, quota);
    assert.equal(rest.bytes, 0);
    assert.ok(isUntouched(rest, now + MAX_CREDIT / CREDIT_PER_SECOND * 1000));
  }));
});
