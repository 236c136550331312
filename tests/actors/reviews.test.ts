/** What a review of the plan in force asks for and tells, when nothing has changed that would move it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { manifest, policy, report, stage } from "./acting-stage.ts";

test("the first plan asks for no second opinion, its first review does, later ones not at once again", async () => {
  const { acting, offer, wait, solve, load, questions } = stage(["a", "b"]);
  for (const device of ["a", "b"]) acting.reported(report(device), 0);
  offer("a", manifest, policy, true, 0);
  const asked: (boolean | undefined)[] = [];
  const look = async () => {
    asked.push(questions.at(-1)?.request.secondOpinion);
    await solve();
  };
  wait(500);
  await look();
  load();
  for (let review = 0; review < 3; review++) {
    wait(30_000);
    await look();
  }
  wait(600_000);
  await look();
  assert.deepEqual(asked, [false, true, false, false, true]);
});

test("a review that sees the same plan with the same numbers tells nobody, one with other numbers does", async () => {
  const { acting, offer, wait, solve, load, states, state, now } = stage(["a"]);
  acting.reported(report("a"), 0);
  offer("a", manifest, policy, true, 0);
  wait(500);
  await solve();
  load();
  const told = states.length;
  wait(30_000);
  await solve();
  assert.equal(states.length, told);
  acting.reported(
    report("a", { rates: { decodeNanosecondsPerByte: 0.02, prefillNanosecondsPerMultiplyAdd: 0.01 } }),
    now(),
  );
  const before = state();
  wait(30_000);
  await solve();
  const after = state();
  assert.ok(before.type === "active" && after.type === "active");
  assert.ok((after.plan.forecast?.tpotMilliseconds ?? 0) > 1.5 * (before.plan.forecast?.tpotMilliseconds ?? 0));
});
