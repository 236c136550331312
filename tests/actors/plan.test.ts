/** What the mesh can do, as it travels: plans by model. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import {
  type ActivePlan,
  MeshState,
  type ModelState,
  noModels,
  planNumbered,
  planOf,
  plansIn,
  standingOf,
} from "../../actors/plan.ts";

const idOf = (name: string) => name.repeat(64);

function active(name: string, epoch: number): ModelState & { readonly plan: ActivePlan } {
  const ref = { device: "ann", path: "/supervisor/executor-1", incarnation: "0123456789abcd.1", channel: "tensors" };
  return {
    type: "active",
    plan: {
      number: { term: 1, epoch },
      model: { id: idOf(name), name, blocks: 3 },
      planner: "solver",
      context: 128,
      concurrency: 1,
      segments: [{ device: "ann", name: "Ann", first: 0, last: 2, bytes: 1, ref: { ...ref, channel: "tensors" } }],
    },
  };
}

const waiting = (name: string, reason: string): ModelState => ({
  type: "waiting",
  model: { id: idOf(name), name },
  reason,
});

test("a plan is found by its model, by its number, or as the first in force", () => {
  const [b, c] = [active("b", 4), active("c", 2)];
  const state: MeshState = { models: [waiting("a", "a is short of memory"), b, c], reason: "" };
  assert.deepEqual(plansIn(state), [b.plan, c.plan]);
  assert.equal(planOf(state), b.plan);
  assert.equal(planOf(state, idOf("c")), c.plan);
  assert.equal(planOf(state, idOf("a")), undefined);
  assert.equal(planNumbered(state, { term: 1, epoch: 2 }), c.plan);
  assert.equal(planNumbered(state, { term: 2, epoch: 2 }), undefined);
});

test("a model without a plan says what it waits for, and a mesh without models why it has none", () => {
  const state: MeshState = { models: [waiting("a", "a is short of memory"), active("b", 4)], reason: "" };
  assert.deepEqual(standingOf(state, idOf("a")), { type: "waiting", reason: "a is short of memory" });
  assert.equal(standingOf(state).type, "active");
  assert.deepEqual(standingOf(noModels("no model")), { type: "waiting", reason: "no model" });
});

test("a state that names a model twice is not taken from the wire", () => {
  const models = [active("b", 4), active("c", 2)];
  assert.deepEqual(v.parse(MeshState, { models, reason: "" }), { models, reason: "" });
  const twice = { models: [active("b", 4), waiting("b", "again")], reason: "" };
  assert.throws(() => v.parse(MeshState, twice), /named twice/);
});

test("a plan has every block once and in order, or is not taken", () => {
  const { plan } = active("a", 1);
  const state = (cuts: readonly (readonly [number, number])[], blocks = 6) => {
    const segments = cuts.flatMap(([first, last]) => plan.segments.map((segment) => ({ ...segment, first, last })));
    return { models: [{ type: "active", plan: { ...plan, segments, model: { ...plan.model, blocks } } }], reason: "" };
  };
  assert.ok(v.is(MeshState, state([[0, 1], [2, 2], [3, 5]])));
  const wrong: (readonly (readonly [number, number])[])[] = [
    [[0, 1], [3, 5]],
    [[2, 5], [0, 1]],
    [[0, 3], [3, 5]],
    [[1, 5]],
    [[0, 4]],
    [[0, 1], [2, 1], [2, 5]],
  ];
  for (const cuts of wrong) assert.ok(!v.is(MeshState, state(cuts)), JSON.stringify(cuts));
});
