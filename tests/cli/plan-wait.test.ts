/** Waiting for a split: what counts as it, and what is said meanwhile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Inspection } from "../../actors/gateway/api.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import { describeProgress, isWanted } from "../../cli/plan-wait.ts";

const split = [{ device: "laptop", blocks: 3 }, { device: "id-of-board", blocks: 5 }, { device: "phone", blocks: 0 }];

function planOf(counts: readonly number[], planner: ActivePlan["planner"] = "pinned"): ActivePlan {
  const names = ["laptop", "board"];
  let first = 0;
  const segments = counts.map((blocks, at) => {
    const segment = { name: names[at], device: `id-of-${names[at]}`, first, last: first + blocks - 1 };
    first += blocks;
    return segment;
  });
  return { planner, segments } as unknown as ActivePlan;
}

test("a split is in force when a pinned plan has just these blocks on just these devices, by name or id", () => {
  assert.equal(isWanted(planOf([3, 5]), split), true);
  assert.equal(isWanted(planOf([5, 3]), split), false);
  assert.equal(isWanted(planOf([3, 5], "solver"), split), false, "it would move away again");
  assert.equal(isWanted(planOf([8]), split), false);
  assert.equal(isWanted(planOf([8]), null), false);
  assert.equal(isWanted(planOf([8], "solver"), null), true);
});

test("who has loaded and who is waited for is said; a device that does not answer is waited for", () => {
  const state = { type: "waiting", reason: "It is being placed." };
  const view = (segments: readonly { first: number; last: number }[]) => {
    const devices = [{ name: "laptop", device: "id-of-laptop", segments }, {
      name: "board",
      device: "id-of-board",
      error: "?",
    }];
    return { devices, state } as unknown as Inspection;
  };
  assert.match(describeProgress(split, view([{ first: 0, last: 2 }])), /^1 of 2 .* waiting for id-of-board$/);
  assert.match(describeProgress(split, view([{ first: 0, last: 7 }])), /^0 of 2 .* waiting for laptop, id-of-board$/);
  assert.equal(describeProgress(null, view([])), "It is being placed.");
});
