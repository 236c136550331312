/** Whole meshes in one process, on a simulated clock: what a reader sees when devices come, fail and go. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { simulatedMesh } from "./mesh/simulated-mesh.ts";

test("a prompt crosses three devices and every reader gets what one device would answer", async () => {
  await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6 });
  const asked = ["a", "b", "c"].map((at) => ({ prompt: `Hello ${at}!`, answer: mesh.ask(at, `Hello ${at}!`, 12) }));
  await mesh.until(() => asked.every(({ answer }) => answer.over));
  for (const { prompt, answer } of asked) assert.equal(answer.text, mesh.expected(prompt, 12));
});

for (const lost of ["b", "c"]) {
  test(`an answer under way is taken up when ${lost} dies, with the same text`, async () => {
    await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6 });
    const answer = mesh.ask("a", "Hello", 40);
    await mesh.until(() => answer.text.length > 10);
    await mesh.kill(lost);
    await mesh.until(() => answer.over);
    assert.equal(answer.text, mesh.expected("Hello", 40));
    assert.equal(answer.conversations, 2);
  });
}

test("a first token takes nine frames across three devices, each further one four, and letting go two", async () => {
  await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6 });
  const frames = () =>
    ["a", "b", "c"].reduce((sum, id) => sum + mesh.device(id).system.inspect.counters().framesOut, 0);
  const quiet = async (milliseconds: number) => {
    const before = frames();
    await mesh.clock.advance(milliseconds);
    return frames() - before;
  };
  const taken = async (tokens: number) => {
    const before = frames();
    const began = mesh.clock.now();
    const answer = mesh.ask("c", "Hello", tokens);
    await mesh.until(() => answer.over);
    return frames() - before - await quiet(mesh.clock.now() - began);
  };
  // Between two measurements of the monitors.
  await mesh.clock.advance(70_500);
  const [one, two, nine] = [await taken(1), await taken(2), await taken(9)];
  assert.equal(one, 9 + 2);
  assert.equal(two - one, 4);
  assert.equal(nine - two, 7 * 4);
});
