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
