/** Whole meshes whose segments are mirrored, on a simulated clock: what readers notice when devices are lost, and what is run again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ActivePlan, planOf } from "../../actors/plan.ts";
import {
  type SimulatedAnswer,
  type SimulatedMesh,
  simulatedMesh,
  type SimulatedOptions,
} from "./mesh/simulated-mesh.ts";

const THREE = ["a", "b", "c"];
const PROMPT = "Hello, how are you today, and tomorrow?";
const TOKENS = 60;

async function planAt(mesh: SimulatedMesh, at: string): Promise<ActivePlan | undefined> {
  return planOf((await mesh.device(at).view()).state);
}

/** A mesh all of whose segments are mirrored. */
async function mirroredMesh(more: Partial<SimulatedOptions> = {}): Promise<SimulatedMesh> {
  const mesh = await simulatedMesh(THREE, { layers: 7, policy: { mirrors: "on" }, ...more });
  await mesh.until(async () =>
    (await planAt(mesh, "a"))?.segments.every(({ mirror }) => mirror !== undefined) ?? false
  );
  return mesh;
}

/** Tokens that have been run, by all devices that live. */
const ran = (mesh: SimulatedMesh, ids: readonly string[]) => {
  return ids.reduce((sum, id) => sum + mesh.device(id).compute.tokens, 0);
};

/** Tokens that the reader has seen. */
const length = ({ events }: SimulatedAnswer) => events.filter(({ type }) => type === "text").length;

test("every segment is mirrored once, on another device, after a while; with --mirrors off none is", async () => {
  await using mesh = await mirroredMesh();
  const plan = await planAt(mesh, "b");
  assert.equal(plan?.segments.length, 3);
  for (const { device, mirror } of plan?.segments ?? []) assert.notEqual(mirror?.device, device);
  await mesh.clock.advance(20_000);
  assert.deepEqual(await planAt(mesh, "b"), plan, "and that is all");
  const loaded = THREE.reduce((sum, id) => sum + mesh.device(id).compute.segments.size, 0);
  assert.equal(loaded, 6);
  await using plain = await simulatedMesh(THREE, { layers: 7, policy: { mirrors: "off" } });
  await plain.clock.advance(20_000);
  assert.ok((await planAt(plain, "a"))?.segments.every(({ mirror }) => mirror === undefined));
});

for (const gone of THREE) {
  test(`when ${gone} dies its mirror takes over at once: few tokens are run again, and no reader sees another text`, async () => {
    await using mesh = await mirroredMesh();
    const left = THREE.filter((id) => id !== gone);
    const answers = left.map((at) => mesh.ask(at, PROMPT, TOKENS));
    await mesh.until(() => answers.every((answer) => length(answer) > 20));
    const before = ran(mesh, left);
    const had = answers.map(length);
    const at = mesh.clock.now();
    await mesh.kill(gone);
    await mesh.until(() => answers.every((answer, index) => length(answer) > (had[index] ?? 0)));
    // A leader is missed for a moment before another one claims.
    const gap = mesh.clock.now() - at;
    assert.ok(gap < (gone === "a" ? 1500 : 300), `${gap} simulated milliseconds`);
    await mesh.until(() => answers.every(({ over }) => over));
    for (const answer of answers) {
      assert.equal(answer.text, mesh.expected(PROMPT, TOKENS));
      assert.equal(answer.conversations, 2);
    }
    const due = had.reduce((sum, characters) => sum + 3 * (TOKENS - characters), 0);
    const again = ran(mesh, left) - before - due;
    assert.ok(
      again <= 2 * 3 * 24,
      `${again} runs of a token in a segment too many, of ${2 * 3 * PROMPT.length} in prompts`,
    );
  });
}

test("two devices that die one after the other are both outlived by the third", async () => {
  await using mesh = await mirroredMesh({ holders: 3 });
  const answer = mesh.ask("c", PROMPT, TOKENS);
  await mesh.until(() => length(answer) > 10);
  await mesh.kill("b");
  await mesh.until(() => length(answer) > 30);
  await mesh.kill("a");
  await mesh.until(() => answer.over);
  assert.equal(answer.text, mesh.expected(PROMPT, TOKENS));
});
