/** The acting leader and mirrors: when they are loaded, and what becomes of a plan whose devices are lost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SETTLE_MILLISECONDS } from "../../actors/leader/mirrors.ts";
import { CALM_MILLISECONDS } from "../../actors/leader/when.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import { GIGA, manifest, policy, report, segments, stage } from "./acting-stage.ts";

const mirrored = { ...policy, mirrors: "auto" } as const;
/** Room for half of the model and for a mirror of the other half. */
const usableBytes = 0.95 * GIGA;

/** A stage with a plan over "a" and "b", and "c" beside them where it is named. */
async function planned(devices: readonly string[] = ["a", "b"], served: typeof policy = mirrored) {
  const scene = stage(devices);
  for (const device of devices) scene.acting.reported(report(device, { usableBytes }), 0);
  scene.offer("a", manifest, served, true, 0);
  scene.acting.pin(undefined, [{ device: "a", blocks: 4 }, { device: "b", blocks: 4 }], 0);
  scene.wait(500);
  scene.load();
  assert.deepEqual(segments(scene.state()), ["a 0-3", "b 4-7"]);
  return { ...scene, plan: () => planOf(scene) };
}

function planOf({ state }: Pick<ReturnType<typeof stage>, "state">): ActivePlan {
  const standing = state();
  return standing.type === "active" ? standing.plan : assert.fail(standing.reason);
}

/** Has all mirrors loaded. */
function load(scene: ReturnType<typeof stage>): void {
  for (let turn = 0; turn < 3; turn++) {
    scene.wait(SETTLE_MILLISECONDS);
    scene.load();
  }
}

test("once a plan has settled its segments are mirrored, one after another, under the same number", async () => {
  const scene = await planned();
  const before = scene.plan();
  scene.wait(SETTLE_MILLISECONDS - 600);
  assert.deepEqual(scene.assigned, []);
  scene.wait(600);
  assert.deepEqual(scene.assigned.map(({ to, first, mirrorOf }) => [to, first, mirrorOf]), [["b", 0, "a"]]);
  scene.load();
  scene.wait(250);
  assert.deepEqual(scene.assigned.map(({ to, first }) => [to, first]), [["a", 4]]);
  scene.load();
  assert.deepEqual(scene.plan().segments.map(({ mirror }) => mirror?.device), ["b", "a"]);
  assert.deepEqual(scene.plan().number, before.number);
  scene.wait(60_000);
  assert.deepEqual(scene.assigned, [], "and that is all");
});

test("nothing is mirrored where the owner says so, or where there is no memory for it", async () => {
  for (const served of [policy, { ...policy, mirrors: "off" } as const]) {
    const scene = await planned(["a", "b"], served);
    load(scene);
    assert.ok(scene.plan().segments.every(({ mirror }) => mirror === undefined));
  }
  const scene = await planned();
  for (const device of ["a", "b"]) scene.acting.reported(report(device, { usableBytes: 0.5 * GIGA }), 0);
  load(scene);
  assert.ok(scene.plan().segments.every(({ mirror }) => mirror === undefined));
});

test("where mirrors would cost too much of a token's time there are none and the plan says why, unless they are asked for", async () => {
  const links = ["a", "b"].map((from) => ({ from, roundTripMilliseconds: 0.2, bytesPerSecond: 1e9 }));
  const rates = { decodeNanosecondsPerByte: 0.001, prefillNanosecondsPerMultiplyAdd: 0.001 };
  const quick = (scene: ReturnType<typeof stage>, more = {}) => {
    for (const device of ["a", "b"]) scene.acting.reported(report(device, { usableBytes, links, rates, ...more }), 0);
  };
  const scene = await planned();
  quick(scene);
  load(scene);
  assert.ok(scene.plan().segments.every(({ mirror }) => mirror === undefined));
  assert.match(scene.plan().unmirrored ?? "", /^Mirrors would take \d+\.\d% of a token's time, and are worth 2\.0%/);
  quick(scene, { rates: { ...rates, decodeNanosecondsPerByte: 0.1 } });
  for (let turn = 0; turn < 6; turn++) load(scene);
  assert.ok(scene.plan().segments.every(({ mirror }) => mirror !== undefined), "tokens take longer now");
  assert.equal(scene.plan().unmirrored, undefined);
  const asked = await planned(["a", "b"], { ...policy, mirrors: "on" });
  quick(asked);
  load(asked);
  assert.ok(asked.plan().segments.every(({ mirror }) => mirror !== undefined));
});

test("a device that is lost gives way to its mirror at once, and a better plan is not looked for at once", async () => {
  const scene = await planned();
  load(scene);
  const before = scene.plan();
  scene.live.delete("b");
  scene.acting.lost("b", scene.now());
  assert.deepEqual(segments(scene.state()), ["a 0-3", "a 4-7"]);
  assert.notDeepEqual(scene.plan().number, before.number);
  assert.ok(scene.plan().segments.every(({ mirror }) => mirror === undefined), "who mirrored the first is gone");
  scene.wait(CALM_MILLISECONDS - 1);
  assert.deepEqual([scene.assigned, scene.questions], [[], []]);
  scene.wait(1);
  assert.equal(scene.questions.length, 1);
});

test("where a device is lost that nobody mirrors, the model waits as before", async () => {
  const scene = await planned(["a", "b"], policy);
  scene.live.delete("b");
  scene.acting.lost("b", scene.now());
  assert.equal(scene.state().type, "waiting");
});

test("a mirror that is lost, or that cannot be loaded, leaves the plan as it is; the device is not asked again soon", async () => {
  const scene = await planned(["a", "b", "c"]);
  scene.wait(SETTLE_MILLISECONDS);
  const [asked] = scene.assigned.splice(0);
  assert.ok(asked !== undefined);
  scene.acting.heard({ type: "unprepared", number: asked.number, device: asked.to, reason: "no memory" }, scene.now());
  assert.deepEqual(scene.withdrawn.at(-1), { device: asked.to, number: asked.number });
  scene.wait(10_000);
  const [next] = scene.assigned;
  assert.ok(next !== undefined && next.to !== asked.to, `${next?.to} after ${asked.to}`);
  scene.load();
  const { number, segments } = scene.plan();
  const mirror = segments.find(({ mirror }) => mirror !== undefined)?.mirror;
  assert.equal(mirror?.device, next.to);
  scene.live.delete(next.to);
  scene.acting.lost(next.to, scene.now());
  if (next.to === "c") assert.deepEqual(scene.plan().number, number);
});

test("an executor that ends by itself gives way to its mirror; a mirror that does is only struck out", async () => {
  const scene = await planned();
  load(scene);
  const { number, segments: [, second] } = scene.plan();
  const mirror = { ...second?.mirror?.ref ?? assert.fail("there is a mirror"), path: "/mirror" };
  scene.acting.segmentLost({ device: "a", number, ref: mirror, reason: "of another one" }, scene.now());
  assert.deepEqual(scene.plan().number, number, "no executor of the plan");
  scene.acting.segmentLost({ device: "b", number, reason: "it crashed" }, scene.now());
  assert.deepEqual(segments(scene.state()), ["a 0-3", "a 4-7"]);
});

test("who leads next goes on with the mirrors of the leader that is gone", async () => {
  const scene = await planned();
  load(scene);
  const next = stage(["b"], scene.published(), { term: 2, device: "b" });
  assert.deepEqual(segments(next.state()), ["b 0-3", "b 4-7"]);
  next.acting.reported(report("b"), 0);
  next.wait(1000);
  assert.deepEqual(next.questions, [], "answers go on undisturbed");
});
