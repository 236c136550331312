/** Devices that die while blocks and mirrors move: every reader gets the text that an undisturbed one gets, and nothing stays behind. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import fc from "fast-check";
import { leaderOf } from "../../actors/addresses.ts";
import type { Split } from "../../actors/leader/policy.ts";
import type { Pinned } from "../../actors/leader/protocol.ts";
import { planOf } from "../../actors/plan.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

const FOUR = ["a", "b", "c", "d"];
const PROMPT = "The quick brown fox jumps over the lazy dog";
const TOKENS = 60;
/** Scenes that are drawn; more with SKEIN_SCENES. */
const SCENES = Number(process.env["SKEIN_SCENES"] ?? 6);

/** Asks for a split without waiting for what becomes of it: whoever leads may die meanwhile. */
async function pin(mesh: SimulatedMesh, at: string, counts: Readonly<Record<string, number>>): Promise<void> {
  const split: Split = Object.entries(counts).map(([device, blocks]) => ({ device, blocks }));
  const leader = (await mesh.device(at).view()).leader ?? at;
  void mesh.device(at).system.ask(
    leaderOf(leader),
    (replyTo: Ref<Reply<Pinned>>) => ({ type: "pin" as const, split, replyTo }),
    { timeoutMs: 5000 },
  );
}

async function split(mesh: SimulatedMesh, at: string): Promise<string> {
  const plan = planOf((await mesh.device(at).view()).state);
  return (plan?.segments ?? []).map(({ device, first, last }) => `${device}${last - first + 1}`).join(" ");
}

/** Four devices that all have the model on disk, of which a and c run it. */
async function pinnedMesh(): Promise<SimulatedMesh> {
  const mesh = await simulatedMesh(FOUR, { layers: 6, holders: 4, loadMilliseconds: 200 });
  await pin(mesh, "a", { a: 3, c: 5 });
  await mesh.until(async () => await split(mesh, "a") === "a3 c5");
  return mesh;
}

/** What devices have loaded when all is quiet is what the plan says, mirrors aside. */
async function nothingLeft(mesh: SimulatedMesh, living: readonly string[]): Promise<boolean> {
  const plan = planOf((await mesh.device(living[0] ?? "").view()).state);
  return plan !== undefined && living.every((id) => {
    const planned = plan.segments.filter(({ device, mirror }) => device === id || mirror?.device === id).length;
    return mesh.device(id).compute.segments.size === planned;
  });
}

for (const milliseconds of [20, 150, 230]) {
  test(`a target and a source that both die ${milliseconds} ms into a move are outlived by the answers`, async () => {
    await using mesh = await pinnedMesh();
    const answers = ["a", "d"].map((at) => mesh.ask(at, PROMPT, TOKENS));
    await mesh.until(() => answers.every(({ text }) => text.length > 15));
    await pin(mesh, "a", { a: 3, b: 5 });
    await mesh.clock.advance(milliseconds);
    await mesh.kill("b");
    await mesh.kill("c");
    await mesh.until(() => answers.every(({ over }) => over));
    for (const answer of answers) assert.equal(answer.text, mesh.expected(PROMPT, TOKENS));
    await mesh.until(() => nothingLeft(mesh, ["a", "d"]), 30_000);
  });
}

test("answers go on through splits that change again before the one before is in force", async () => {
  await using mesh = await pinnedMesh();
  const answers = ["b", "d"].map((at) => mesh.ask(at, PROMPT, 100));
  await mesh.until(() => answers.every(({ text }) => text.length > 15));
  for (const counts of [{ a: 2, b: 6 }, { d: 8 }, { c: 4, a: 4 }, { a: 1, b: 2, c: 2, d: 3 }]) {
    await pin(mesh, "a", counts);
    await mesh.clock.advance(150);
  }
  await mesh.until(() => answers.every(({ over }) => over));
  for (const answer of answers) assert.equal(answer.text, mesh.expected(PROMPT, 100));
  await mesh.until(async () => await split(mesh, "a") === "a1 b2 c2 d3", 30_000);
  await mesh.until(() => nothingLeft(mesh, FOUR), 30_000);
});

/** What happens next: after a while somebody wants another split, or one of the three that nobody asks dies, or is back. */
const happenings = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 400 }),
    what: fc.oneof(
      fc.record({ type: fc.constant("pin" as const), order: fc.shuffledSubarray(FOUR, { minLength: 1 }) }),
      fc.record({ type: fc.constantFrom("kill" as const, "back" as const), device: fc.constantFrom("a", "b", "c") }),
    ),
  }),
  { minLength: 3, maxLength: 8 },
);

test("whatever splits are asked for and whoever dies meanwhile, nothing is lost, doubled or changed", async () => {
  await fc.assert(
    fc.asyncProperty(happenings, async (story) => {
      await using mesh = await pinnedMesh();
      const answers = [PROMPT, "Sphinx of black quartz"].map((prompt) => mesh.ask("d", prompt, TOKENS));
      await mesh.until(() => answers.every(({ text }) => text.length > 5));
      const living = new Set(FOUR);
      for (const { after, what } of story) {
        await mesh.clock.advance(after);
        if (what.type === "pin") await pin(mesh, "d", shares(what.order.filter((id) => living.has(id))));
        else if (what.type === "kill" && living.delete(what.device)) await mesh.kill(what.device);
        else if (what.type === "back" && !living.has(what.device)) living.add(mesh.join(what.device).id);
      }
      await mesh.until(() => answers.every(({ over }) => over));
      assert.equal(answers[0]?.text, mesh.expected(PROMPT, TOKENS));
      assert.equal(answers[1]?.text, mesh.expected("Sphinx of black quartz", TOKENS));
      await mesh.until(() => nothingLeft(mesh, [...living]), 60_000);
    }),
    { numRuns: SCENES },
  );
});

/** Eight blocks for these devices, the last one takes what is left. */
function shares(order: readonly string[]): Record<string, number> {
  const each = Math.max(1, Math.floor(8 / Math.max(1, order.length)));
  return Object.fromEntries(order.map((id, at) => [id, at === order.length - 1 ? 8 - each * at : each]));
}

test("a mirror that dies costs readers nothing, and another device mirrors the segment", async () => {
  await using mesh = await mirroredMesh();
  const [segment] = planOf((await mesh.device("a").view()).state)?.segments ?? [];
  const mirror = segment?.mirror?.device ?? assert.fail("the first segment has no mirror");
  const at = FOUR.find((id) => id !== mirror) ?? "a";
  const answer = mesh.ask(at, PROMPT, TOKENS);
  await mesh.until(() => answer.text.length > 15);
  await mesh.kill(mirror);
  await mesh.until(() => answer.over);
  assert.equal(answer.text, mesh.expected(PROMPT, TOKENS));
  await mesh.until(async () => {
    const plan = planOf((await mesh.device(at).view()).state);
    return plan?.segments.every((one) => one.mirror !== undefined && one.mirror.device !== mirror) ?? false;
  });
});

for (const [one, other] of [["a", "b"], ["b", "c"], ["c", "d"]] as const) {
  test(`${one} and ${other} die at the same moment in a mirrored mesh: the text is that of an undisturbed one`, async () => {
    await using mesh = await mirroredMesh();
    const left = FOUR.filter((id) => id !== one && id !== other);
    const answers = left.map((at) => mesh.ask(at, PROMPT, TOKENS));
    await mesh.until(() => answers.every(({ text }) => text.length > 15));
    await Promise.all([mesh.kill(one), mesh.kill(other)]);
    await mesh.until(() => answers.every(({ over }) => over));
    for (const answer of answers) assert.equal(answer.text, mesh.expected(PROMPT, TOKENS));
    await mesh.until(() => nothingLeft(mesh, left), 60_000);
  });
}

async function mirroredMesh(): Promise<SimulatedMesh> {
  const mesh = await simulatedMesh(FOUR, { layers: 6, holders: 4, policy: { mirrors: "on" } });
  await mesh.until(async () => {
    const plan = planOf((await mesh.device("a").view()).state);
    return plan?.segments.every(({ mirror }) => mirror !== undefined) ?? false;
  });
  return mesh;
}
