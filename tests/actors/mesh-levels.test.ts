/** Answers of several levels side by side, in meshes that are hurt: each goes on at its own level, with its own text. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SimulatedAnswer } from "./mesh/simulated-answer.ts";
import { type SimulatedMesh, simulatedMesh, type SimulatedOptions } from "./mesh/simulated-mesh.ts";
import { simulatedPipeline } from "./mesh/simulated-pipeline.ts";

const THREE = ["a", "b", "c"];
const LAYERS = 6;
const PROMPT = "The quick brown fox jumps over the lazy dog";
const LEVELS = [undefined, 1, 3] as const;

function elasticMesh(more: Partial<SimulatedOptions> = {}): Promise<SimulatedMesh> {
  return simulatedMesh(THREE, { layers: LAYERS, slices: 4, ...more });
}

/** The same question at each of the levels, all at once. */
function askAll(mesh: SimulatedMesh, at: string, tokens: number): SimulatedAnswer[] {
  return LEVELS.map((level) => mesh.ask(at, PROMPT, tokens, { level }));
}

function assertTexts(mesh: SimulatedMesh, answers: readonly SimulatedAnswer[], tokens: number): void {
  const expected = LEVELS.map((level) => mesh.expected(PROMPT, tokens, LAYERS, level));
  assert.deepEqual(answers.map(({ text }) => text), expected);
}

const ran = (mesh: SimulatedMesh) => THREE.reduce((sum, id) => sum + mesh.device(id).compute.tokens, 0);

test("the same prompt at three levels, side by side, has the three texts of its levels", async () => {
  await using mesh = await elasticMesh();
  const answers = askAll(mesh, "b", 20);
  await mesh.until(() => answers.every(({ over }) => over));
  assertTexts(mesh, answers, 20);
  assert.equal(new Set(answers.map(({ text }) => text)).size, 3, "the levels can be told apart");
});

for (const gone of ["b", "c"]) {
  for (const phase of [0, 1, 8, 20]) {
    test(`when ${gone} dies once ${phase} tokens are out, each answer goes on at its level`, async () => {
      await using mesh = await elasticMesh();
      const answers = askAll(mesh, "a", 30);
      const out = ({ events }: SimulatedAnswer) => events.filter(({ type }) => type === "text").length;
      await mesh.until(() => answers.every((answer) => out(answer) >= phase));
      await mesh.kill(gone);
      await mesh.until(() => answers.every(({ over }) => over));
      assertTexts(mesh, answers, 30);
    });
  }
}

test("with mirrors, a device that dies leaves each answer at its level, and little is run again", async () => {
  await using mesh = await elasticMesh({ layers: LAYERS, policy: { mirrors: "on" } });
  await mesh.clock.advance(20_000);
  const answers = askAll(mesh, "a", 40);
  await mesh.until(() => answers.every(({ events }) => events.length > 25));
  await mesh.kill("c");
  await mesh.until(() => answers.every(({ over }) => over));
  assertTexts(mesh, answers, 40);
});

test("a prompt that has been read is not read again at its level, and is at any other", async () => {
  await using mesh = await elasticMesh();
  const spent = async (level: number | undefined) => {
    await mesh.clock.advance(5000);
    const before = ran(mesh);
    const answer = mesh.ask("a", PROMPT, 1, { level });
    await mesh.until(() => answer.over);
    assert.equal(answer.text, mesh.expected(PROMPT, 1, LAYERS, level));
    return (ran(mesh) - before) / THREE.length;
  };
  for (const level of LEVELS) assert.equal(await spent(level), PROMPT.length, `level ${level} for the first time`);
  for (const level of LEVELS) assert.ok(await spent(level) <= 2, `level ${level} again`);
});

for (const [of, on] of [["a", "b"], ["b", "c"]] as const) {
  test(`the mirror of ${of} goes on at the level that it copied, and one of another level has nothing of it`, async () => {
    await using pipeline = await simulatedPipeline(4);
    await pipeline.mirror(of, on);
    const tokens = () => Object.values(pipeline.compute).reduce((sum, { tokens }) => sum + tokens, 0) / 3;
    const told = await pipeline.converse(PROMPT, 40, undefined, 2);
    await pipeline.until(() => told.progress().generated.length >= 30);
    for (const other of THREE) if (other !== of) pipeline.network.disconnect(of, other);
    await pipeline.clock.advance(20);
    const { generated, sent } = told.progress();
    await pipeline.promote(of);
    const before = tokens();
    const whole = await pipeline.converse(PROMPT, 1);
    await pipeline.until(() => whole.end() !== undefined, 5000);
    assert.equal(whole.text(), pipeline.expected(PROMPT, 1));
    assert.ok(tokens() - before >= PROMPT.length, "the whole model reads the prompt itself");
    const again = await pipeline.converse(PROMPT, 40, { generated, sent, again: true }, 2);
    await pipeline.until(() => again.end() !== undefined, 5000);
    assert.equal(told.text() + again.text(), pipeline.expected(PROMPT, 40, 2));
    assert.ok(tokens() - before <= PROMPT.length + 40, "and level 2 goes on from what was copied");
  });
}
