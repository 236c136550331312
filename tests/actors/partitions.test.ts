/** A network that splits: each side that can serves, and when it heals there is one leader and one plan. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { leaderOf } from "../../actors/addresses.ts";
import { Pins } from "../../actors/leader/pins.ts";
import type { Split } from "../../actors/leader/policy.ts";
import type { Pinned } from "../../actors/leader/protocol.ts";
import { planOf } from "../../actors/plan.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

const FOUR = ["a", "b", "c", "d"];
const SIDES = [["a", "b"], ["c", "d"]] as const;

function across(mesh: SimulatedMesh, change: "connect" | "disconnect"): void {
  for (const one of SIDES[0]) for (const other of SIDES[1]) mesh.network[change](one, other);
}

/** The devices of the plan in force as one of them sees it. */
async function planAt(mesh: SimulatedMesh, at: string): Promise<string> {
  return planOf((await mesh.device(at).view()).state)?.segments.map(({ device }) => device).join() ?? "";
}

async function pin(mesh: SimulatedMesh, at: string, split: Split | null): Promise<void> {
  const make = (replyTo: Ref<Reply<Pinned>>) => ({ type: "pin" as const, split, replyTo });
  const asked = mesh.device(at).system.ask(leaderOf(at), make, { timeoutMs: 1000 });
  await mesh.clock.advance(10);
  const outcome = await asked;
  assert.ok(outcome.type === "reply" && outcome.value.type === "accepted", JSON.stringify(outcome));
}

/** All say the same: one leader, one term, one plan; and each holds its part of it, and nothing else. */
async function isOne(mesh: SimulatedMesh): Promise<boolean> {
  const views = await Promise.all(FOUR.map((id) => mesh.device(id).view()));
  const [first] = views.map(({ leader, term, state }) => ({ leader, term, plan: planOf(state) }));
  const same = views.every(({ leader, term, state }) =>
    isDeepStrictEqual({ leader, term, plan: planOf(state) }, first)
  );
  return same && FOUR.every((id) => {
    const planned = first?.plan?.segments.filter(({ device }) => device === id).length ?? 0;
    return mesh.device(id).compute.segments.size === planned;
  });
}

for (const seconds of [1, 5, 40]) {
  test(`both sides of a network that splits for ${seconds} s answer, and it heals to one leader and one plan`, async () => {
    await using mesh = await simulatedMesh(FOUR, { layers: 6 });
    // Until every block has its second copy, which may be on the same side.
    await mesh.clock.advance(15_000);
    const held = await holdersOf(mesh);
    let served = 0;
    const answers = FOUR.map((at) => mesh.ask(at, "Hello", 60));
    await mesh.until(() => answers.every(({ text }) => text.length > 3));
    across(mesh, "disconnect");
    await mesh.clock.advance(seconds * 1000);
    for (const side of SIDES) {
      if (seconds < 5 || !whole(side, held)) continue;
      served++;
      const late = mesh.ask(side[1], "World", 6);
      await mesh.until(() => late.over, 5000);
      assert.equal(late.text, mesh.expected("World", 6), `the side of ${side[0]}`);
    }
    if (seconds >= 5) assert.ok(served > 0, "one side has the whole model");
    across(mesh, "connect");
    await mesh.until(() => isOne(mesh), 30_000);
    assert.equal((await planAt(mesh, "d")).split(",").length, 4);
    await mesh.until(() => answers.every(({ over }) => over), 20_000);
    for (const { text } of answers) assert.equal(text, mesh.expected("Hello", 60));
  });
}

/** Whether a device has a block on its disk, as was published last. */
async function holdersOf(mesh: SimulatedMesh): Promise<(id: string, block: number) => boolean> {
  const holders = (await mesh.device("d").view()).state.models[0]?.recall?.holders ?? [];
  return (id, block) =>
    holders.some(({ device, blocks }) => {
      return device === id && blocks.some(([first, last]) => first <= block && block <= last);
    });
}

function whole(side: readonly string[], held: (id: string, block: number) => boolean): boolean {
  return Array.from({ length: 8 }, (_, block) => block).every((block) => side.some((id) => held(id, block)));
}

test("of the splits that people ask for on both sides of a network, the later one of the higher term holds for all", async () => {
  await using mesh = await simulatedMesh(FOUR, { layers: 6, holders: 4 });
  across(mesh, "disconnect");
  await mesh.until(async () => (await mesh.device("c").view()).leader === "c");
  await pin(mesh, "a", [{ device: "a", blocks: 8 }]);
  await pin(mesh, "c", [{ device: "d", blocks: 8 }]);
  await mesh.until(async () => await planAt(mesh, "b") === "a" && await planAt(mesh, "c") === "d");
  across(mesh, "connect");
  await mesh.until(async () => await isOne(mesh) && await planAt(mesh, "a") === "d", 30_000);
});

test("what a leader that was away still says of its old plan is ignored, and it follows whoever leads now", async () => {
  await using mesh = await simulatedMesh(FOUR, { layers: 6, holders: 4 });
  const before = await mesh.device("a").view();
  for (const other of FOUR.slice(1)) mesh.network.disconnect("a", other);
  await mesh.until(async () => (await mesh.device("b").view()).leader === "b");
  await mesh.clock.advance(5000);
  const now = await mesh.device("d").view();
  for (const other of FOUR.slice(1)) mesh.network.connect("a", other);
  const order = { type: "publish" as const, term: before.term, leader: "a", state: before.state };
  for (const other of FOUR.slice(1)) mesh.device("a").system.tell(leaderOf(other), { type: "order", order });
  await mesh.clock.advance(20);
  for (const other of FOUR.slice(1)) {
    const view = await mesh.device(other).view();
    assert.deepEqual([view.leader, planOf(view.state)?.number], ["b", planOf(now.state)?.number], other);
  }
  await mesh.until(() => isOne(mesh), 30_000);
  assert.equal((await mesh.device("a").view()).leader, "b");
});

test("the latest split counts; one of a term that nobody has reached, or a number that nobody reaches, is not heard", () => {
  const pins = new Pins();
  const one: Split = [{ device: "a", blocks: 8 }];
  pins.ask("model", one, { term: 2, epoch: 5 });
  assert.equal(pins.recall("model", { split: null, number: { term: 2, epoch: 4 } }, 9), false);
  assert.equal(pins.recall("model", { split: null, number: { term: 10, epoch: 1 } }, 9), false);
  assert.equal(pins.recall("model", { split: null, number: { term: 2, epoch: 2 ** 41 } }, 9), false);
  assert.deepEqual(pins.get("model")?.split, one);
  assert.equal(pins.recall("model", { split: null, number: { term: 3, epoch: 1000 } }, 3), true);
  pins.ask("model", one, { term: 3, epoch: 7 });
  assert.deepEqual(pins.get("model"), { split: one, number: { term: 3, epoch: 1001 } });
});
