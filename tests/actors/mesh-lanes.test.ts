/** Lanes on a simulated mesh: every device works, every answer is right, and nobody starves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { simulatedMesh } from "./mesh/simulated-mesh.ts";

const STEP = 10;

for (const devices of [["a"], ["a", "b"], ["a", "b", "c"]]) {
  test(`six answers at once keep ${devices.length} devices busy, in as many lanes`, async () => {
    await using mesh = await simulatedMesh(devices, { layers: 6, stepMilliseconds: STEP, policy: { concurrency: 8 } });
    const tokens = 24;
    const before = devices.map((id) => mesh.device(id).compute.steps);
    const began = mesh.clock.now();
    const answers = Array.from({ length: 6 }, (_, which) => mesh.ask("a", `Prompt ${which}`, tokens));
    await mesh.until(() => answers.every(({ over }) => over));
    const took = mesh.clock.now() - began;
    for (const [which, answer] of answers.entries()) {
      assert.equal(answer.text, mesh.expected(`Prompt ${which}`, tokens));
    }
    // A step a lane and token on each device, beside those of the prompts, and those of who reads while others are read in.
    const lanes = devices.length;
    for (const [index, id] of devices.entries()) {
      const steps = mesh.device(id).compute.steps - (before[index] ?? 0);
      assert.ok(steps <= lanes * tokens + 40, `${steps} steps on ${id}`);
      assert.ok(steps * STEP >= 0.7 * took, `${id} worked ${steps * STEP} of ${took} ms`);
    }
  });
}

test("a prompt that comes while others read is read in turns with them, and neither starves", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 4, stepMilliseconds: STEP, policy: { concurrency: 4 } });
  const readers = ["One", "Two"].map((prompt) => mesh.ask("a", prompt, 100));
  const pieces = () => readers.map(({ events }) => events.filter(({ type }) => type === "text").length);
  await mesh.until(() => pieces().every((count) => count >= 10));
  const [before, began] = [pieces(), mesh.clock.now()];
  const long = "x".repeat(200);
  const late = mesh.ask("b", long, 4);
  await mesh.until(() => late.text.length > 0 || readers.some(({ over }) => over));
  const took = mesh.clock.now() - began;
  assert.ok(late.text.length > 0, "the prompt is read before the others are through");
  for (const [index, count] of pieces().entries()) {
    const got = count - (before[index] ?? 0);
    assert.ok(took / got <= 3 * 2 * STEP, `a reader got ${got} tokens in ${took} ms`);
  }
  await mesh.until(() => late.over && readers.every(({ over }) => over));
  assert.equal(late.text, mesh.expected(long, 4));
});
