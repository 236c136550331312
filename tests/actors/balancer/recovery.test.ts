/** Whether a device that gave its blocks away for being slow tries itself again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { afterTrial, foundSlow, type Recovery, shouldTry, wellOff } from "../../../actors/balancer/recovery.ts";

const rates = (decodeNanosecondsPerByte: number) => ({ decodeNanosecondsPerByte, prefillNanosecondsPerMultiplyAdd: 1 });

/** When a device tries itself within an hour, in seconds, looking every five. */
function trials(recovery: Recovery, working: boolean): number[] {
  const times: number[] = [];
  for (let second = 0; second <= 3600; second += 5) {
    const tried = shouldTry(recovery, working, second * 1000);
    recovery = tried.recovery;
    if (tried.due) times.push(second);
  }
  return times;
}

test("a device that works, or was never slow, tries nothing: what it does tells enough", () => {
  assert.deepEqual(trials(wellOff, false), []);
  assert.deepEqual(trials(foundSlow(wellOff, 3), true), []);
});

test("one that was slow and holds nothing tries itself, less and less often while it stays slow", () => {
  const slow = shouldTry(foundSlow(wellOff, 3), true, 0).recovery;
  assert.deepEqual(trials(slow, false), [60, 180, 420, 900, 1500, 2100, 2700, 3300]);
});

test("times of its work shrink by what it was slower, all proposals together, once a trial finds it as at first", () => {
  const slow = foundSlow(foundSlow(wellOff, 2), 1.5);
  assert.deepEqual(afterTrial(slow, { now: rates(3), first: rates(1) }), { recovery: slow, factor: undefined });
  assert.deepEqual(afterTrial(slow, { now: rates(1.1), first: rates(1) }), { recovery: wellOff, factor: 1 / 3 });
});
