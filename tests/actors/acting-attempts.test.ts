/** What becomes of attempts at a plan: taken, superseded, given up and withdrawn; and of several models at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { plansIn } from "../../actors/plan.ts";
import { GIGA, manifest, modelOf, policy, report, segments, stage } from "./acting-stage.ts";

type Stage = ReturnType<typeof stage>;
type Assigned = Stage["assigned"][number];

/** Devices of which any two can hold the model, one of them with a plan being prepared. */
async function preparing(devices: readonly string[]): Promise<Stage> {
  const scene = stage(devices);
  for (const device of devices) scene.acting.reported(report(device, { usableBytes: 500e6 }), 0);
  scene.offer("a", manifest, policy, true, 0);
  scene.wait(500);
  await scene.solve();
  return scene;
}

const withdrawnFrom = ({ withdrawn }: Stage) => withdrawn.splice(0).map(({ device }) => device).sort();

test("an attempt that one device fails is withdrawn from all, once the next one has said what it uses", async () => {
  const scene = await preparing(["a", "b", "c"]);
  const attempt = scene.assigned.splice(0);
  const { number, to: device } = attempt[1] ?? assert.fail("it is split");
  scene.acting.heard({ type: "unprepared", number, device, reason: "no disk" }, scene.now());
  assert.deepEqual(scene.withdrawn, [], "what is loaded may be used by the next attempt");
  scene.wait(500);
  await scene.solve();
  assert.equal(scene.assigned.length, 2);
  assert.ok(scene.assigned.every(({ to }) => to !== device));
  assert.deepEqual(scene.withdrawn, attempt.map(({ to }) => ({ device: to, number })));
});

test("an attempt that is given up for the plan in force is withdrawn", async () => {
  const scene = await preparing(["a", "b"]);
  scene.load();
  const plan = segments(scene.state());
  scene.live.add("c");
  scene.acting.reported(report("c", { usableBytes: GIGA }), scene.now());
  scene.wait(500);
  await scene.solve();
  const number = scene.assigned.splice(0).at(-1)?.number ?? assert.fail("c alone would be faster");
  scene.acting.heard({ type: "unprepared", number, device: "c", reason: "no disk" }, scene.now());
  scene.wait(500);
  await scene.solve();
  assert.deepEqual(segments(scene.state()), plan);
  assert.deepEqual(withdrawnFrom(scene), ["c"]);
});

test("devices that could not fetch blocks are tried again as soon as one comes that has them all", async () => {
  const scene = stage(["a", "b"]);
  for (const device of ["a", "b"]) scene.acting.reported(report(device, { usableBytes: 500e6 }), 0);
  scene.offer("a", manifest, policy, false, 0);
  scene.wait(500);
  await scene.solve();
  const [{ number, to: device }] = scene.assigned.splice(0) as [Assigned, Assigned];
  scene.acting.heard({ type: "unprepared", number, device, reason: "no device in reach has it" }, scene.now());
  scene.wait(500);
  assert.equal(scene.state().type, "waiting");
  scene.live.add("c");
  scene.acting.reported(report("c", { usableBytes: 1e6 }), scene.now());
  scene.offer("c", manifest, policy, true, scene.now());
  scene.wait(500);
  await scene.solve();
  assert.deepEqual(scene.assigned.map(({ to }) => to).sort(), ["a", "b"], "c has the file and no room");
});

test("a device that was away when an attempt was withdrawn hears of it when it is back", async () => {
  const scene = await preparing(["a", "b", "c"]);
  const [stays, leaves] = scene.assigned.splice(0);
  const { number, to: gone } = leaves ?? assert.fail("it is split");
  scene.live.delete(gone);
  scene.acting.lost(gone, scene.now());
  scene.wait(500);
  await scene.solve();
  scene.load();
  assert.deepEqual(scene.withdrawn.splice(0), [{ device: stays?.to, number }], "the other is out of reach");
  scene.live.add(gone);
  scene.acting.reported(report(gone, { usableBytes: 500e6 }), scene.now());
  assert.deepEqual(scene.withdrawn, [{ device: gone, number }]);
});

test("a device that is lost soon after an attempt was withdrawn hears it again: the word may be lost with its connection", async () => {
  const scene = await preparing(["a", "b", "c"]);
  const [failing, other] = scene.assigned.splice(0);
  const { number, to: device } = failing ?? assert.fail("it is split");
  scene.acting.heard({ type: "unprepared", number, device, reason: "no disk" }, scene.now());
  scene.wait(500);
  await scene.solve();
  const frozen = other?.to ?? "";
  assert.ok(scene.withdrawn.splice(0).some((told) => told.device === frozen));
  scene.live.delete(frozen);
  scene.acting.lost(frozen, scene.now());
  scene.live.add(frozen);
  scene.acting.reported(report(frozen, { usableBytes: 500e6 }), scene.now());
  assert.ok(scene.withdrawn.some((told) => told.device === frozen && told.number === number));
});

test("an attempt under way that is what is decided again goes on under its number", async () => {
  const scene = await preparing(["a", "b"]);
  const numbers = scene.assigned.map(({ number }) => number.epoch);
  scene.acting.reported(report("a", { usableBytes: 500e6, links: [link("b")] }), scene.now());
  scene.wait(500);
  await scene.solve();
  assert.deepEqual(scene.assigned.map(({ number }) => number.epoch), numbers, "nothing is assigned anew");
  assert.deepEqual(scene.withdrawn, []);
  scene.load();
  assert.equal(segments(scene.state()).length, 2);
});

const link = (from: string) => ({ from, roundTripMilliseconds: 5, bytesPerSecond: 10e6 });

test("a device that says nothing while it loads is planned around", async () => {
  const scene = await preparing(["a", "b", "c"]);
  const [attempt] = scene.assigned.splice(0);
  const number = attempt?.number ?? assert.fail();
  for (let second = 0; second < 40; second += 10) {
    scene.acting.heard({ type: "preparing", number, device: "a" }, scene.now());
    scene.wait(10_000);
  }
  scene.wait(500);
  await scene.solve();
  assert.equal(scene.assigned.length, 2);
  assert.ok(scene.assigned.every(({ number: { epoch } }) => epoch > number.epoch));
});

test("a plan that works stays in force where no plan could be made any more", async () => {
  const scene = await preparing(["a", "b"]);
  scene.load();
  const plan = segments(scene.state());
  for (const device of ["a", "b"]) {
    scene.acting.reported(
      report(device, { usableBytes: 100e6, links: [link(device === "a" ? "b" : "a")] }),
      scene.now(),
    );
  }
  scene.wait(500);
  await scene.solve();
  assert.deepEqual(segments(scene.state()), plan);
});

test("what the planner found before a device was lost is not heard", async () => {
  const scene = await preparing(["a", "b", "c"]);
  scene.load();
  scene.acting.reported(report("a", { usableBytes: 500e6, links: [link("b")] }), scene.now());
  scene.wait(500);
  const gone = segments(scene.state())[0]?.split(" ")[0] ?? "";
  scene.live.delete(gone);
  scene.acting.lost(gone, scene.now());
  await scene.solve();
  assert.deepEqual(scene.assigned, []);
  scene.wait(500);
  await scene.solve();
  assert.deepEqual(scene.assigned.map(({ to }) => to).sort(), ["a", "b", "c"].filter((device) => device !== gone));
});

test("a pin that comes while the planner thinks is not overruled by what it finds", async () => {
  const scene = await preparing(["a", "b"]);
  scene.load();
  scene.acting.reported(report("a", { usableBytes: 500e6, links: [link("b")] }), scene.now());
  scene.wait(500);
  const [question] = scene.questions;
  assert.equal(
    scene.acting.pin(undefined, [{ device: "b", blocks: 4 }, { device: "a", blocks: 4 }], scene.now()).type,
    "accepted",
  );
  scene.wait(10);
  scene.load();
  scene.acting.solved(question?.id ?? 0, { error: "too late" }, scene.now());
  assert.deepEqual(segments(scene.state()), ["b 0-3", "a 4-7"]);
});

test("two models are served at once: each has a plan, a number and memory of its own", async () => {
  const other = modelOf("b", "other");
  const scene = stage(["a", "b"], undefined, { choose: (offers) => offers.map((offer) => offer.manifest.id) });
  for (const device of ["a", "b"]) scene.acting.reported(report(device), 0);
  scene.offer("a", manifest, policy, true, 0);
  scene.offer("a", other, policy, true, 0);
  for (let round = 0; round < 2; round++) {
    scene.wait(500);
    assert.equal(scene.questions.length, 1, "one model is planned at a time: the next has to know what it takes");
    await scene.solve();
  }
  scene.load();
  const [one, two] = plansIn(scene.published());
  assert.ok(one !== undefined && two !== undefined);
  assert.deepEqual([one.model.name, two.model.name], ["model", "other"]);
  assert.notDeepEqual(one.number, two.number);
  const [at] = one.segments;
  const [on] = two.segments;
  assert.notEqual(at?.device, on?.device, "no device can hold both");

  scene.acting.segmentLost({ device: at?.device ?? "", number: one.number, reason: "it crashed" }, scene.now());
  assert.deepEqual(plansIn(scene.published()).map(({ model }) => model.name), ["other"]);
  assert.equal(scene.acting.pin(other.id, [{ device: on?.device ?? "", blocks: 8 }], scene.now()).type, "accepted");
  assert.equal(scene.acting.study(other.id, [], [], scene.now())?.current?.length, 1);
});

test("the model in force is served on, whatever else is offered; the next one when nobody has it any more", async () => {
  const scene = stage(["a", "b"]);
  for (const device of ["a", "b"]) scene.acting.reported(report(device), 0);
  scene.offer("a", manifest, policy, true, 0);
  scene.wait(500);
  await scene.solve();
  scene.load();
  const plan = segments(scene.state());
  scene.offer("b", modelOf("b", "other"), policy, true, scene.now());
  scene.wait(500);
  assert.deepEqual(segments(scene.state()), plan);
  scene.live.delete("a");
  scene.acting.lost("a", scene.now());
  scene.wait(500);
  await scene.solve();
  scene.load();
  const [left] = scene.published().models;
  assert.ok(left?.type === "active" && left.plan.model.name === "other");
});
