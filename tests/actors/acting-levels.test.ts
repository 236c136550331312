/** The acting leader says with a plan what the levels of an elastic model take on it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { ActivePlan, comparePlans, plansIn } from "../../actors/plan.ts";
import type { DeviceReport } from "../../actors/leader/protocol.ts";
import type { Manifest } from "../../models/manifest.ts";
import { expectedTimes } from "../../plans/mod.ts";
import { manifest, policy, report, stage } from "./acting-stage.ts";

/** Six layers of four slices, the first an anchor. */
const elastic: Manifest = {
  ...manifest,
  elastic: { slices: 4, anchors: [0] },
  blocks: manifest.blocks.map((block) => {
    if (block.kind !== "layer" || block.index === 1 || "slices" in block) return block;
    const { graph, weights, memoryBytes } = block;
    return { ...block, levels: [1, 2, 3].map((level) => ({ graph, weights, memoryBytes: memoryBytes * level / 4 })) };
  }),
};

/** Every block takes 1 ms, or so many times as long. */
function working(slowdown: number, levels?: DeviceReport["work"][number]["levels"]): Partial<DeviceReport> {
  const blocks = elastic.blocks.map(({ index }) => {
    return { index, decodeMilliseconds: slowdown, prefillMillisecondsPerToken: slowdown / 10 };
  });
  const work = [{ model: elastic.id, blocks, ...(levels === undefined ? {} : { levels }) }];
  const links = ["a", "b"].map((from) => ({ from, roundTripMilliseconds: 2, bytesPerSecond: 1e9 }));
  return { work, links, overheadMilliseconds: 0 };
}

/** A stage on which "a" and "b" hold four blocks each, as somebody pinned them: no planner has predicted anything. */
function planned(served: Manifest) {
  const scene = stage(["a", "b"]);
  for (const device of ["a", "b"]) scene.acting.reported(report(device, working(1)), 0);
  scene.offer("a", served, policy, true, 0);
  scene.acting.pin(undefined, [{ device: "a", blocks: 4 }, { device: "b", blocks: 4 }], 0);
  scene.wait(500);
  scene.load();
  scene.wait(250);
  const plan = () => {
    const standing = scene.state();
    return standing.type === "active" ? standing.plan : assert.fail(standing.reason);
  };
  const tpot = (level: number) => {
    const { elastic } = plan();
    const expected = elastic && expectedTimes(elastic, { level, promptTokens: 1 });
    return Math.round((expected?.tpotMilliseconds ?? NaN) * 10) / 10;
  };
  return { ...scene, plan, tpot };
}

test("a plan in force says what each level of an elastic model takes, whoever split it, and stays the same plan", () => {
  const { plan, tpot, states } = planned(elastic);
  // Embedding, anchor and head as a whole, five layers by their share, two hops of 1 ms.
  assert.deepEqual([tpot(1), tpot(4)], [3 + 5 / 4 + 2, 8 + 2].map((each) => Math.round(each * 10) / 10));
  assert.deepEqual(plan().elastic?.levels.map(({ weightBytes }) => weightBytes / 1e6), [425, 550, 675, 800]);
  const plans = states.flatMap(plansIn);
  assert.ok(plans.every(({ number }) => comparePlans(number, plan().number) === 0));
  assert.deepEqual(v.parse(ActivePlan, plan()), plan());
});

test("of another model nothing is said", () => {
  assert.equal(planned(manifest).plan().elastic, undefined);
});

test("what devices find that levels take is taken up, and noise is none", () => {
  const { acting, wait, now, plan, tpot } = planned(elastic);
  const before = plan().elastic;
  acting.reported(report("a", working(1.02)), now());
  wait(10_000);
  assert.equal(plan().elastic, before);
  acting.reported(report("b", working(1, [{ level: 1, decodeShare: 0.5 }])), now());
  wait(10_000);
  // Two sliced layers on a by their weights, three on b as it says.
  assert.equal(tpot(1), Math.round((1.02 * (2 + 2 / 4) + 3 / 2 + 1 + 2) * 10) / 10);
});

test("times that come from elsewhere are bounded and in order", () => {
  const { plan } = planned(elastic);
  const { elastic: told, ...rest } = plan();
  assert.ok(told !== undefined);
  const [first, ...others] = told.levels;
  assert.ok(first !== undefined);
  for (
    const elastic of [
      { ...told, levels: [] },
      { ...told, levels: others },
      { ...told, levels: [{ ...first, computeMilliseconds: -1 }, ...others] },
      { ...told, levels: [{ ...first, tokenMilliseconds: Infinity }, ...others] },
      { ...told, levels: Array.from({ length: 65 }, (_, at) => ({ ...first, level: at + 1 })) },
      { ...told, stepFactors: [1, 2] },
      { ...told, stages: 0 },
    ]
  ) {
    assert.ok(!v.is(ActivePlan, { ...rest, elastic }));
  }
});
