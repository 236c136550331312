/** The acting leader, without network, threads or time: what it decides when devices report, load, leave and drift. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServingPolicy } from "../../actors/leader/policy.ts";
import { GIGA, manifest, policy, report, segments, stage } from "./acting-stage.ts";

test("a model that fits one device runs on the fastest one, once it has loaded it", async () => {
  const { acting, offer, wait, solve, load, state, assigned } = stage(["a", "b"]);
  const fast = { decodeNanosecondsPerByte: 0.005, prefillNanosecondsPerMultiplyAdd: 0.005 };
  acting.reported(report("a"), 0);
  acting.reported(report("b", { rates: fast }), 0);
  offer("a", manifest, policy, true, 0);
  wait(500);
  await solve();
  assert.equal(assigned.length, 1);
  assert.equal(state().type, "waiting");
  load();
  assert.deepEqual(segments(state()), ["b 0-7"]);
});

test("a model that fits no device is split, and where all together are too small the reason says what is short", async () => {
  const split = stage(["a", "b"]);
  for (const device of ["a", "b"]) split.acting.reported(report(device, { usableBytes: 500e6 }), 0);
  split.offer("a", manifest, policy, true, 0);
  split.wait(500);
  await split.solve();
  split.load();
  assert.equal(segments(split.state()).length, 2);

  const small = stage(["a"]);
  small.acting.reported(report("a", { usableBytes: 300e6 }), 0);
  small.offer("a", manifest, policy, true, 0);
  small.wait(500);
  await small.solve();
  const state = small.state();
  assert.match(state.type === "waiting" ? state.reason : "", /offers.*MiB/);
});

test("a device that leaves is planned around at once, and one that cannot load for a while", async () => {
  const { acting, offer, live, wait, solve, load, state, assigned, now } = stage(["a", "b", "c"]);
  for (const device of ["a", "b", "c"]) acting.reported(report(device, { usableBytes: 500e6 }), 0);
  offer("a", manifest, policy, true, 0);
  wait(500);
  await solve();
  load();
  const [first] = segments(state());
  const gone = first?.split(" ")[0] ?? "";
  live.delete(gone);
  acting.lost(gone, now());
  assert.equal(state().type, "waiting");
  wait(500);
  await solve();
  load();
  assert.ok(segments(state()).length === 2 && !segments(state()).some((segment) => segment.startsWith(gone)));

  live.add(gone);
  acting.reported(report(gone, { usableBytes: GIGA }), now());
  wait(500);
  await solve();
  assert.equal(assigned.at(-1)?.last, 7, "alone it would be faster");
  const number = assigned.splice(0).at(-1)?.number ?? assert.fail();
  acting.heard({ type: "unprepared", number, device: gone, reason: "no disk" }, now());
  wait(500);
  await solve();
  assert.equal(assigned.length, 0, "the plan in force stays");
  wait(31_000);
  wait(500);
  await solve();
  assert.equal(assigned.length, 1, "it is tried again later");
});

test("noise moves nothing; a lasting change does, and only if it is worth it", async () => {
  const { acting, offer, wait, solve, load, state, assigned, questions, now } = stage(["a", "b"]);
  acting.reported(report("a"), 0);
  acting.reported(
    report("b", { rates: { decodeNanosecondsPerByte: 0.011, prefillNanosecondsPerMultiplyAdd: 0.01 } }),
    0,
  );
  offer("a", manifest, policy, true, 0);
  wait(500);
  await solve();
  load();
  assert.deepEqual(segments(state()), ["a 0-7"]);
  const slow = (factor: number) => {
    const rates = { decodeNanosecondsPerByte: 0.01 * factor, prefillNanosecondsPerMultiplyAdd: 0.01 };
    acting.reported(report("a", { rates }), now());
  };
  slow(1.15);
  for (let review = 0; review < 4; review++) {
    wait(30_000);
    await solve();
  }
  assert.equal(assigned.length, 0, "b is a little faster now, which is not worth a move");
  slow(3);
  wait(30_000);
  await solve();
  assert.equal(assigned.length, 0, "one review may be noise");
  slow(1);
  wait(30_000);
  await solve();
  slow(3);
  wait(30_000);
  await solve();
  assert.equal(assigned.length, 0, "it was");
  wait(30_000);
  await solve();
  load();
  assert.deepEqual(segments(state()), ["b 0-7"]);
  assert.equal(questions.length, 0);
});

test("a pinned split is kept while its devices live, and given up for a plan that works when one leaves", async () => {
  const { acting, offer, live, wait, solve, load, state, now } = stage(["a", "b"]);
  for (const device of ["a", "b"]) acting.reported(report(device), 0);
  offer("a", manifest, policy, true, 0);
  assert.equal(acting.pin(undefined, [{ device: "nobody", blocks: 8 }], 0).type, "refused");
  assert.equal(acting.pin(undefined, [{ device: "b", blocks: 3 }, { device: "a", blocks: 5 }], 0).type, "accepted");
  wait(500);
  load();
  assert.deepEqual(segments(state()), ["b 0-2", "a 3-7"]);
  live.delete("b");
  acting.lost("b", now());
  wait(500);
  await solve();
  load();
  assert.deepEqual(segments(state()), ["a 0-7"]);
});

const private_: ServingPolicy = { ...policy, privateLayers: 2 };

test("private layers stay with who offers the model, pinned, split evenly, or after that device has left", async () => {
  const pinned = stage(["a", "b"]);
  for (const device of ["a", "b"]) pinned.acting.reported(report(device), 0);
  pinned.offer("b", manifest, private_, true, 0);
  const refused = pinned.acting.pin(undefined, [{ device: "a", blocks: 4 }, { device: "b", blocks: 4 }], 0);
  assert.match(refused.type === "refused" ? refused.reason : "", /^a would hold block 0, which --private-layers/);
  assert.equal(
    pinned.acting.pin(undefined, [{ device: "b", blocks: 3 }, { device: "a", blocks: 5 }], 0).type,
    "accepted",
  );

  const even = stage(["a", "b", "c"]);
  for (const device of ["a", "b", "c"]) even.acting.reported(report(device), 0);
  even.offer("a", manifest, { ...private_, privateLayers: 6, objective: "even" }, true, 0);
  even.wait(500);
  const state = even.state();
  assert.match(state.type === "waiting" ? state.reason : "", /cannot be split evenly: . would hold block \d, which/);

  const left = stage(["a", "b"]);
  for (const device of ["a", "b"]) left.acting.reported(report(device), 0);
  left.offer("a", manifest, private_, true, 0);
  left.wait(500);
  await left.solve();
  left.load();
  assert.deepEqual(segments(left.state()), ["a 0-7"]);
  left.live.delete("a");
  left.acting.lost("a", left.now());
  left.wait(500);
  await left.solve();
  assert.equal(left.assigned.length, 0);
  const waiting = left.state();
  assert.match(waiting.type === "waiting" ? waiting.reason : "", /trusted|private/i);
});

test("what a device without a segment of the plan says of it changes nothing", async () => {
  const { acting, offer, wait, solve, load, state, assigned, now } = stage(["a", "b"]);
  const fast = { decodeNanosecondsPerByte: 0.005, prefillNanosecondsPerMultiplyAdd: 0.005 };
  acting.reported(report("a", { rates: fast }), 0);
  acting.reported(report("b"), 0);
  offer("a", manifest, policy, true, 0);
  wait(500);
  await solve();
  const number = assigned.at(-1)?.number ?? assert.fail();
  acting.heard({ type: "unprepared", number, device: "b", reason: "I say so" }, now());
  load();
  assert.deepEqual(segments(state()), ["a 0-7"]);
});

test("a new leader goes on with the plan that it finds, if its devices live", async () => {
  const before = stage(["a"]);
  before.acting.reported(report("a"), 0);
  before.offer("a", manifest, policy, true, 0);
  before.wait(500);
  await before.solve();
  before.load();
  const found = before.published();
  const after = stage(["a", "b"], found);
  assert.deepEqual(after.published(), found);
  assert.equal(stage(["b"], found).state().type, "waiting");
});

test("a segment that a restarted device no longer has is loaded again; an old word of that changes nothing", async () => {
  const before = stage(["a"]);
  before.acting.reported(report("a"), 0);
  before.offer("a", manifest, policy, true, 0);
  before.wait(500);
  await before.solve();
  before.load();
  const found = before.state();
  assert.ok(found.type === "active");
  const { acting, offer, wait, solve, load, state, assigned } = stage(["a"], before.published());
  acting.reported(report("a"), 0);
  offer("a", manifest, policy, true, 0);
  acting.segmentLost({ device: "a", number: { term: 0, epoch: 9 }, reason: "an old one" }, 0);
  assert.deepEqual(state(), found);
  acting.segmentLost({ device: "b", number: found.plan.number, reason: "it has none" }, 0);
  assert.equal(state().type, "active");
  acting.segmentLost({ device: "a", number: found.plan.number, reason: "restarted" }, 0);
  assert.equal(state().type, "waiting");
  wait(500);
  await solve();
  assert.equal(assigned.length, 1);
  load();
  assert.deepEqual(segments(state()), ["a 0-7"]);
});

test("a planner that fails leaves an even split and a word, not a mesh without a plan", () => {
  const { acting, offer, wait, load, state, questions, now } = stage(["a", "b"]);
  for (const device of ["a", "b"]) acting.reported(report(device), 0);
  offer("a", manifest, policy, true, 0);
  wait(500);
  acting.solved(questions.at(-1)?.id ?? 0, { error: "The planner failed: it did not answer in time." }, now());
  load();
  assert.deepEqual(segments(state()), ["a 0-3", "b 4-7"]);
});
