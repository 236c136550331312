/** What the mesh is to serve: who is believed, what counts of two, and that it outlives all devices. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Charter,
  isGenuine,
  MAX_CHARTER_LENGTH,
  readCharter,
  signCharter,
  supersedes,
} from "../../actors/charter.ts";
import { leaderOf } from "../../actors/addresses.ts";
import { SETTLE_MILLISECONDS } from "../../actors/leader/election.ts";
import type { Pinned } from "../../actors/leader/protocol.ts";
import { planOf } from "../../actors/plan.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { policy } from "./acting-stage.ts";
import { notaryHere } from "./mesh/notary.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

const everybody = () => true;
const model = (letter: string) => ({ id: letter.repeat(64), name: `model ${letter}`, policy });
const charter = (number: number, by: string, letter = "a"): Charter => ({
  number,
  term: 1,
  by,
  models: [model(letter)],
});

test("of two charters every device keeps to the same one, in whatever order it hears of them", () => {
  const some = fc.record({
    number: fc.integer({ min: 1, max: 50 }),
    term: fc.nat(3),
    by: fc.constantFrom("a", "b", "c"),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(some, { selector: ({ number, term, by }) => `${number} ${term} ${by}`, minLength: 1 }),
      (all) => {
        const last = (order: typeof all) =>
          order.reduce<typeof all[number] | undefined>(
            (now, next) => supersedes(next, now, everybody) ? next : now,
            undefined,
          );
        assert.deepEqual(last(all), last(all.toReversed()));
      },
    ),
  );
});

test("nobody believes a device that is no member, nor a number that leaves no room above it", () => {
  const members = (device: string) => device !== "stranger";
  assert.equal(supersedes(charter(2, "stranger"), charter(1, "a"), members), false);
  assert.equal(supersedes(charter(2, "stranger"), undefined, members), false);
  assert.equal(supersedes(charter(5000, "b"), charter(1, "a"), members), false);
  assert.equal(supersedes(charter(1, "b"), charter(900, "stranger"), members), true, "what it signed gives way to any");
});

test("a charter says what its signer signed, and nothing else is read", async () => {
  const signed = await signCharter(charter(3, "a"), notaryHere("a"));
  assert.deepEqual(readCharter(signed), charter(3, "a"));
  assert.equal(await isGenuine(signed, notaryHere("b")), true);
  assert.equal(await isGenuine({ ...signed, by: "b" }, notaryHere("b")), false);
  assert.equal(
    await isGenuine({ ...signed, text: signed.text.replace('"number":3', '"number":4') }, notaryHere("b")),
    false,
  );
  for (
    const text of [
      "",
      "[]",
      '{"number":0,"term":0,"models":[]}',
      '{"number":1,"term":0,"models":[{}]}',
      '{"number":1e300,"term":0,"models":[]}',
    ]
  ) {
    assert.throws(() => readCharter({ ...signed, text }), text);
  }
  const twice = { number: 1, term: 0, models: [model("a"), model("a")] };
  assert.throws(() => readCharter({ ...signed, text: JSON.stringify(twice) }));
  const long = { ...charter(1, "a"), models: [{ ...model("a"), name: "x".repeat(MAX_CHARTER_LENGTH) }] };
  await assert.rejects(signCharter(long, notaryHere("a")), RangeError);
});

test("after all devices were off, those that come back serve what was served, on the split that was pinned", async () => {
  await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6, holders: 3, policy: { context: 300 } });
  await pin(mesh, "a", [{ device: "b", blocks: 5 }, { device: "c", blocks: 3 }]);
  const pinned = async () => (await layout(mesh, "b")) === "b 0-4, c 5-7";
  await mesh.until(pinned);
  await mesh.until(() =>
    [...mesh.kept.values()].every((kept) => readCharter(kept.charter).models[0]?.split !== undefined)
  );
  for (const id of ["a", "b", "c"]) await mesh.kill(id);
  for (const id of ["b", "c"]) mesh.join(id);
  const began = mesh.clock.now();
  await mesh.until(pinned);
  assert.ok(mesh.clock.now() - began < 3000, `it took ${mesh.clock.now() - began} ms`);
  const plan = planOf((await mesh.device("b").view()).state);
  assert.deepEqual([plan?.planner, plan?.context], ["pinned", 300]);
  const answer = mesh.ask("c", "Hello", 6);
  await mesh.until(() => answer.over);
  assert.equal(answer.text, mesh.expected("Hello", 6));
});

test("where all that had blocks are back, they wait for nobody else", async () => {
  await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6, holders: 3, policy: { context: 300 } });
  await pin(mesh, "a", [{ device: "b", blocks: 5 }, { device: "c", blocks: 3 }]);
  const pinned = async () => (await layout(mesh, "b")) === "b 0-4, c 5-7";
  await mesh.until(pinned);
  const knowsAll = () => [...mesh.kept.values()].every(({ holders }) => holders[0]?.holders.length === 3);
  await mesh.until(knowsAll);
  for (const id of ["a", "b", "c"]) await mesh.kill(id);
  for (const id of ["a", "b", "c"]) mesh.join(id);
  const began = mesh.clock.now();
  await mesh.until(pinned);
  assert.ok(mesh.clock.now() - began < SETTLE_MILLISECONDS, `it took ${mesh.clock.now() - began} ms`);
});

test("a device that was away while people changed what is served is told by the others", async () => {
  await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6, holders: 3 });
  await mesh.until(() => mesh.kept.size === 3);
  const before = mesh.kept.get("a");
  assert.ok(before !== undefined);
  await pin(mesh, "a", [{ device: "a", blocks: 4 }, { device: "b", blocks: 4 }]);
  await mesh.until(async () => (await layout(mesh, "c")) === "a 0-3, b 4-7");
  for (const id of ["a", "b", "c"]) await mesh.kill(id);
  // As if it had been off by then.
  mesh.kept.set("a", before);
  mesh.join("a");
  await mesh.until(async () => (await layout(mesh, "a")) !== "");
  for (const id of ["b", "c"]) mesh.join(id);
  for (const id of ["a", "b", "c"]) await mesh.until(async () => (await layout(mesh, id)) === "a 0-3, b 4-7");
});

test("what a device has signed that was put out is not taken up; whoever leads signs it before that", async () => {
  await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6, holders: 3 });
  await mesh.until(() => mesh.kept.size === 3);
  const signer = readCharter(mesh.kept.get("b")?.charter ?? assert.fail()).by;
  const kept = mesh.kept.get("b") ?? assert.fail();
  await mesh.kill(signer);
  mesh.forgotten.add(signer);
  const others = ["a", "b", "c"].filter((id) => id !== signer);
  const signers = () => others.map((id) => readCharter(mesh.kept.get(id)?.charter ?? assert.fail()).by);
  await mesh.until(() => signers().every((by) => by !== signer));
  const [one = "", other = ""] = others;
  for (const id of others) await mesh.kill(id);
  mesh.kept.set(one, kept);
  mesh.kept.delete(other);
  mesh.join(other);
  const { system } = mesh.device(other);
  system.tell(leaderOf(other), { type: "charter", charter: kept.charter });
  await mesh.clock.advance(5000);
  assert.equal(await layout(mesh, other), "");
});

async function layout(mesh: SimulatedMesh, id: string): Promise<string> {
  const plan = planOf((await mesh.device(id).view()).state);
  return plan?.segments.map(({ device, first, last }) => `${device} ${first}-${last}`).join(", ") ?? "";
}

async function pin(mesh: SimulatedMesh, at: string, split: { device: string; blocks: number }[]): Promise<void> {
  const { system, view } = mesh.device(at);
  const { leader = at } = await view();
  const make = (replyTo: Ref<Reply<Pinned>>) => ({ type: "pin" as const, split, replyTo });
  const outcome = await system.ask(leaderOf(leader), make, { timeoutMs: 1000 });
  assert.equal(outcome.type === "reply" ? outcome.value.type : outcome.type, "accepted");
}
