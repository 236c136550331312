/** When an acting leader plans and moves: tables of times. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  begin,
  coolDown,
  DEBOUNCE_MILLISECONDS,
  due,
  GATHERING_MILLISECONDS,
  planNow,
  planSoon,
  REVIEW_MILLISECONDS,
  weigh,
} from "../../actors/leader/when.ts";

const calm = { complete: true, settled: true };

/** What is due at each of these times. */
function dues(agenda: ReturnType<typeof begin>, times: readonly number[], around = calm): string[] {
  return times.map((now) => {
    const next = due(agenda, around, now);
    agenda = next.agenda;
    return next.due;
  });
}

test("changes that come together are planned for once, when they have ended", () => {
  let agenda = begin(0, 0);
  for (const now of [100, 200, 300]) agenda = planSoon(agenda, now);
  const last = 300 + DEBOUNCE_MILLISECONDS;
  assert.deepEqual(dues(agenda, [DEBOUNCE_MILLISECONDS, last - 1, last, last + 1]), [
    "nothing",
    "nothing",
    "plan",
    "nothing",
  ]);
});

test("a person does not wait for changes to end", () => {
  assert.deepEqual(dues(planNow(begin(0, 0), 10), [10, 11]), ["plan", "nothing"]);
});

test("a new leader plans when all have reported, or when it has waited for them long enough", () => {
  const missing = { complete: false, settled: false };
  const agenda = begin(0, 0);
  assert.deepEqual(dues(agenda, [DEBOUNCE_MILLISECONDS], missing), ["nothing"]);
  const ticks = Array.from({ length: 20 }, (_, tick) => tick * 250);
  const at = ticks[dues(agenda, ticks, missing).indexOf("plan")] ?? 0;
  assert.ok(at >= GATHERING_MILLISECONDS && at < GATHERING_MILLISECONDS + 1000, `planned at ${at}`);
  assert.equal(dues(planSoon(begin(0, 0), 5000), [5000 + DEBOUNCE_MILLISECONDS], missing)[0], "plan", "later on");
});

test("a plan in force is reviewed now and then, unless something is on its way", () => {
  const times = [DEBOUNCE_MILLISECONDS, REVIEW_MILLISECONDS, REVIEW_MILLISECONDS + 1, 2 * REVIEW_MILLISECONDS];
  assert.deepEqual(dues(begin(0, 0), times), ["plan", "review", "nothing", "review"]);
  const busy = { complete: true, settled: false };
  assert.deepEqual(dues(begin(0, 0), times, busy), ["plan", "nothing", "nothing", "nothing"]);
});

const weighings = [
  { what: "no plan that could be compared", current: undefined, review: false, verdicts: ["move"] },
  { what: "much better, after a change", current: 200, review: false, verdicts: ["move"] },
  { what: "a little better, after a change", current: 109, review: false, verdicts: ["stay", "stay"] },
  { what: "much better, by measurements alone", current: 200, review: true, verdicts: ["stay", "move", "stay"] },
  { what: "a little better, by measurements alone", current: 105, review: true, verdicts: ["stay", "stay", "stay"] },
];

for (const { what, current, review, verdicts } of weighings) {
  test(`moving has to pay and gains to last: ${what}`, () => {
    let agenda = begin(0, 0);
    for (const verdict of verdicts) {
      const weighed = weigh(agenda, { current, best: 100, review });
      agenda = weighed.agenda;
      assert.equal(weighed.verdict, verdict);
    }
  });
}

test("a gain that is gone at the next review was noise", () => {
  const first = weigh(begin(0, 0), { current: 200, best: 100, review: true });
  const second = weigh(first.agenda, { current: 100, best: 100, review: true });
  assert.equal(weigh(second.agenda, { current: 200, best: 100, review: true }).verdict, "stay");
});

test("a device that fails again and again is tried less and less often, but never given up", () => {
  assert.deepEqual([1, 2, 3, 5, 50].map(coolDown), [30_000, 60_000, 120_000, 480_000, 480_000]);
});
