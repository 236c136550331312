/** Who is planned around and for how long: never for what is not its fault, never longer than the fault lasts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GIGA, manifest, policy, report, segments, stage } from "./acting-stage.ts";

/** A plan over b and c, to which a, which could run all of it alone, has come; a is being asked to load it. */
async function asked(more: { readonly spareDiskBytes?: number } = {}) {
  const set = stage(["a", "b", "c"]);
  const { acting, offer, wait, solve, load, now, assigned } = set;
  for (const device of ["b", "c"]) acting.reported(report(device, { usableBytes: 500e6 }), 0);
  acting.reported(report("a", { usableBytes: 1000 }), 0);
  offer("b", manifest, policy, true, 0);
  wait(500);
  await solve();
  load();
  assert.equal(segments(set.state()).length, 2);
  acting.reported(report("a", { usableBytes: GIGA, peers: ["b", "c"], links: [LINK], ...more }), now());
  wait(500);
  await solve();
  assert.equal(assigned.at(-1)?.to, "a", "alone it would be faster");
  const number = assigned.splice(0).at(-1)?.number ?? assert.fail();
  return { ...set, number };
}

const LINK = { from: "b", roundTripMilliseconds: 1, bytesPerSecond: 1e8 };
const ALL: [number, number][] = [[0, 7]];

test("a device that failed is tried as soon as it has more disk or memory, and not before", async () => {
  const { acting, number, wait, solve, assigned, questions, now } = await asked({ spareDiskBytes: 1e6 });
  acting.heard({ type: "unprepared", number, device: "a", reason: "the disk is full" }, now());
  wait(500);
  await solve();
  assert.equal(assigned.length, 0);
  const later = { usableBytes: GIGA, links: [LINK] };
  acting.reported(report("a", { ...later, spareDiskBytes: 1.05e6 }), now());
  wait(500);
  assert.equal(questions.length, 0, "a little more is noise");
  acting.reported(report("a", { ...later, spareDiskBytes: 1e9 }), now());
  wait(500);
  await solve();
  assert.equal(assigned.at(-1)?.to, "a");
});

test("a device that lacks what nobody else has is not to blame: the plan in force stays, and it is tried again", async () => {
  const { acting, number, wait, solve, assigned, now } = await asked();
  acting.holds("b", manifest.id, [[0, 3]], now());
  acting.heard({ type: "unprepared", number, device: "a", reason: "nobody has it", missing: [[4, 7]] }, now());
  wait(500);
  assert.equal(assigned.length, 0);
  wait(6000);
  await solve();
  assert.equal(assigned.at(-1)?.to, "a");
});

test("a device that does not get what others have is planned around until one of these leaves or another has it", async () => {
  for (const freed of ["left", "found"]) {
    const { acting, number, wait, solve, assigned, now, live } = await asked();
    acting.holds("b", manifest.id, ALL, now());
    acting.heard({ type: "unprepared", number, device: "a", reason: "b gave no piece", missing: [[4, 7]] }, now());
    wait(6000);
    await solve();
    assert.equal(assigned.length, 0);
    if (freed === "found") acting.holds("c", manifest.id, ALL, now());
    else {
      live.delete("c");
      acting.lost("c", now());
    }
    wait(500);
    await solve();
    assert.ok(assigned.some(({ to }) => to === "a"), freed);
  }
});
