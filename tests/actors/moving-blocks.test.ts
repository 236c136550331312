/** Blocks that change hands while answers are read: their caches go along, and nothing is run again that could move. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { leaderOf } from "../../actors/addresses.ts";
import type { Split } from "../../actors/leader/policy.ts";
import type { Pinned } from "../../actors/leader/protocol.ts";
import { planOf } from "../../actors/plan.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

const DEVICES = ["a", "b", "c"];
const PROMPTS = ["The quick brown fox jumps over the lazy dog", "Sphinx of black quartz, judge my vow!"];
const TOKENS = 60;

async function pin(mesh: SimulatedMesh, ...counts: readonly (readonly [string, number])[]): Promise<void> {
  const split: Split = counts.map(([device, blocks]) => ({ device, blocks }));
  const leader = (await mesh.device("a").view()).leader ?? "a";
  let pinned: string | undefined;
  void mesh.device("a").system.ask(
    leaderOf(leader),
    (replyTo: Ref<Reply<Pinned>>) => ({ type: "pin" as const, split, replyTo }),
    { timeoutMs: 5000 },
  ).then((outcome) => pinned = outcome.type === "reply" ? outcome.value.type : outcome.type);
  await mesh.until(() => pinned !== undefined);
  assert.equal(pinned, "accepted");
}

/** How the blocks are spread: "a3 b3 c2". */
async function split(mesh: SimulatedMesh): Promise<string> {
  const plan = planOf((await mesh.device("c").view()).state);
  return (plan?.segments ?? []).map(({ device, first, last }) => `${device}${last - first + 1}`).join(" ");
}

/** Tokens that ran in all segments. */
function ran(mesh: SimulatedMesh): number {
  return DEVICES.reduce((sum, id) => sum + mesh.device(id).compute.tokens, 0);
}

const moves: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  "a boundary": [["a", 3], ["b", 2], ["c", 3]],
  "two boundaries": [["a", 2], ["b", 5], ["c", 1]],
  "the first segment": [["b", 3], ["a", 3], ["c", 2]],
  "everything to one device": [["c", 8]],
  "each segment on": [["c", 3], ["a", 2], ["b", 3]],
};

for (const [name, counts] of Object.entries(moves)) {
  test(`answers go on when ${name} moves: the same text, and next to nothing is run twice`, async () => {
    await using mesh = await simulatedMesh(DEVICES, { layers: 6, holders: 3 });
    await pin(mesh, ["a", 3], ["b", 3], ["c", 2]);
    await mesh.until(async () => await split(mesh) === "a3 b3 c2");
    const before = ran(mesh);
    const answers = PROMPTS.map((prompt, at) => mesh.ask(DEVICES[at] ?? "", prompt, TOKENS));
    await mesh.until(() => answers.every(({ text }) => text.length > 15));
    await pin(mesh, ...counts);
    await mesh.until(() => answers.every(({ over }) => over));
    assert.equal(await split(mesh), counts.map(([device, blocks]) => `${device}${blocks}`).join(" "));
    for (const [index, answer] of answers.entries()) {
      assert.equal(answer.text, mesh.expected(PROMPTS[index] ?? "", TOKENS));
      assert.equal(answer.conversations, 2, "each went over once");
    }
    // Undisturbed, each of three segments runs the prompt and all tokens but the last.
    const most = 3 * PROMPTS.reduce((sum, prompt) => sum + prompt.length + TOKENS - 1, 0);
    assert.ok(ran(mesh) - before <= most + 3 * answers.length, `${ran(mesh) - before} tokens ran, ${most} had to`);
  });
}

for (const [who, lost] of [["that was to take them over", "b"], ["that had them", "c"]] as const) {
  test(`answers go on when the device ${who} dies in the middle of a move, with the same text`, async () => {
    await using mesh = await simulatedMesh(DEVICES, { layers: 6, holders: 3, loadMilliseconds: 200 });
    await pin(mesh, ["a", 3], ["c", 5]);
    await mesh.until(async () => await split(mesh) === "a3 c5");
    const answers = PROMPTS.map((prompt) => mesh.ask("a", prompt, TOKENS));
    await mesh.until(() => answers.every(({ text }) => text.length > 15));
    await pin(mesh, ["a", 3], ["b", 5]);
    await mesh.until(() => mesh.device("b").compute.segments.size > 0);
    await mesh.clock.advance(20);
    await mesh.kill(lost);
    await mesh.until(() => answers.every(({ over }) => over));
    for (const [index, answer] of answers.entries()) {
      assert.equal(answer.text, mesh.expected(PROMPTS[index] ?? "", TOKENS));
    }
  });
}

test("a plan does not wait for caches that do not come: what is missing is run again", async () => {
  await using mesh = await simulatedMesh(DEVICES, { layers: 6, holders: 3 });
  await pin(mesh, ["a", 3], ["b", 5]);
  await mesh.until(async () => await split(mesh) === "a3 b5");
  const answer = mesh.ask("a", "Hello", 100);
  await mesh.until(() => answer.text.length > 15);
  mesh.device("c").compute.refuseCopies(true);
  await pin(mesh, ["a", 3], ["c", 5]);
  await mesh.until(() => answer.over);
  assert.equal(answer.text, mesh.expected("Hello", 100));
  assert.equal(await split(mesh), "a3 c5");
});
