/** What levels would take, as `skein plan` and `skein inspect` show it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { describeInspection } from "../../cli/inspect-output.ts";
import { describePlan } from "../../cli/plan-output.ts";
import { planAt } from "../actors/gateway/scene.ts";

const levels = [1, 2].map((level) => ({
  level,
  weightBytes: level * 3 * 2 ** 20,
  computeMilliseconds: 4 * level,
  slowestMilliseconds: 4 * level,
  firstMilliseconds: 10,
  tokenMilliseconds: level / 4,
  laterTokenMilliseconds: level / 4,
}));
const elastic = { stages: 1, linkMilliseconds: 2, stepFactors: [1, 1, 1, 1, 1], levels };

function view(plan: ReturnType<typeof planAt>) {
  return { leader: "there", term: 2, state: { type: "active" as const, plan }, models: [] };
}

test("a plan of an elastic model is shown with what each level takes, in time and of the whole", () => {
  const text = describePlan(view({ ...planAt("there"), elastic }));
  assert.match(text, /level +weights +TTFT \(128 tokens\) +TPOT/);
  assert.match(text, /1 +3\.0 MiB \(50%\) +42 ms \(57%\) +6\.00 ms \(60%\)/);
  assert.match(text, /2 \(all\) +6\.0 MiB \(100%\) +74 ms \(100%\) +10\.00 ms \(100%\)/);
});

test("an inspection shows the same, and nothing of levels where there are none", () => {
  assert.match(describeInspection({ ...view({ ...planAt("there"), elastic }), devices: [] }), /2 \(all\) +6\.0 MiB/);
  assert.doesNotMatch(describeInspection({ ...view(planAt("there")), devices: [] }), /level/);
  assert.doesNotMatch(describePlan(view(planAt("there"))), /level/);
});
