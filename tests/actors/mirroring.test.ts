/** Three segments, one of them mirrored on another device: what the mirror holds, and what is run again when it takes over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BATCH_MILLISECONDS, ENOUGH_POSITIONS, LOST_MILLISECONDS } from "../../actors/executor/mirroring.ts";
import { type SimulatedPipeline, simulatedPipeline } from "./mesh/simulated-pipeline.ts";

/** Positions that a pipeline of three steps of 5 ms has added to its caches before they are sent on. */
const BATCH_POSITIONS = Math.ceil(BATCH_MILLISECONDS / 15);

const ran = ({ compute }: SimulatedPipeline) => Object.values(compute).reduce((sum, { tokens }) => sum + tokens, 0);

/** Cuts a device off from all others, as if it had died. */
function cutOff({ network }: SimulatedPipeline, device: string): void {
  for (const other of ["a", "b", "c"]) if (other !== device) network.disconnect(device, other);
}

for (const [of, on] of [["a", "b"], ["b", "c"], ["b", "a"]] as const) {
  test(`when ${of} dies its mirror on ${on} takes over: a batch at most is run again, and the text is the same`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 24 }), fc.constantFrom(1, 5, 130), async (tokens, length) => {
        await using pipeline = await simulatedPipeline(2);
        await pipeline.mirror(of, on);
        const prompt = "x".repeat(length);
        const told = await pipeline.converse(prompt, 30);
        await pipeline.until(() => told.progress().generated.length >= tokens);
        cutOff(pipeline, of);
        await pipeline.clock.advance(20);
        const { generated, sent } = told.progress();
        await pipeline.promote(of);
        const before = ran(pipeline);
        const again = await pipeline.converse(prompt, 30, { generated, sent, again: true });
        await pipeline.until(() => again.end() !== undefined, 5000);
        assert.equal(told.text() + again.text(), pipeline.expected(prompt, 30));
        const runAgain = (ran(pipeline) - before) / 3 - (30 - generated.length);
        assert.ok(runAgain <= BATCH_POSITIONS + 4, `${runAgain} of ${length + generated.length} were run again`);
      }),
      { numRuns: 5 },
    );
  });
}

test("a mirror has all but the last few positions", async () => {
  await using pipeline = await simulatedPipeline(2);
  await pipeline.mirror("b", "c");
  const told = [await pipeline.converse("x".repeat(300), 20), await pipeline.converse("Hello", 40)];
  let most = 0;
  await pipeline.until(async () => {
    if (told.some((one) => one.progress().generated.length < 3)) return false;
    most = Math.max(most, await pipeline.behind("b"));
    return told.every((one) => one.progress().generated.length >= 15);
  });
  assert.ok(most < 2 * ENOUGH_POSITIONS, `${most} positions behind`);
});

test("a mirror that comes in the middle of an answer catches up", async () => {
  await using pipeline = await simulatedPipeline(2);
  const told = await pipeline.converse("x".repeat(300), 60);
  await pipeline.until(() => told.progress().generated.length > 5);
  await pipeline.mirror("b", "c");
  await pipeline.until(() => told.progress().generated.length > 30);
  assert.ok(await pipeline.behind("b") < 2 * BATCH_POSITIONS);
  const other = await pipeline.converse("Hello", 4);
  await pipeline.until(() => told.end() !== undefined && other.end() !== undefined);
  assert.equal(told.text(), pipeline.expected("x".repeat(300), 60));
});

test("a sequence that breaks and is taken up where it was is not copied again", async () => {
  await using pipeline = await simulatedPipeline(1);
  await pipeline.mirror("a", "c");
  const prompt = "y".repeat(280);
  const told = await pipeline.converse(prompt, 30);
  await pipeline.until(() => told.progress().generated.length > 10);
  await pipeline.clock.advance(BATCH_MILLISECONDS);
  told.stop();
  await pipeline.clock.advance(20);
  const again = await pipeline.converse(prompt, 30, { ...told.progress(), again: true });
  const copied = () => pipeline.compute["c"]?.written ?? 0;
  const before = copied();
  await pipeline.until(() => again.end() !== undefined);
  assert.ok(copied() - before < 30, `${copied() - before} positions were copied`);
  assert.equal(told.text() + again.text(), pipeline.expected(prompt, 30));
});

test("copies that are lost on the way are sent again", async () => {
  await using pipeline = await simulatedPipeline(1);
  await pipeline.mirror("a", "c");
  const told = await pipeline.converse("Hello", 200);
  await pipeline.until(() => told.progress().generated.length > 20);
  pipeline.compute["c"]?.refuseCopies(true);
  await pipeline.clock.advance(2 * LOST_MILLISECONDS);
  pipeline.compute["c"]?.refuseCopies(false);
  const lag = await pipeline.behind("a");
  await pipeline.clock.advance(BATCH_MILLISECONDS + 50);
  assert.ok(await pipeline.behind("a") < Math.max(lag, BATCH_POSITIONS));
});
