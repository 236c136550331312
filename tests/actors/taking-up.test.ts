/** Three segments whose sequences break while all of them live: what was in the caches is not run again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type SimulatedPipeline, simulatedPipeline, type Told } from "./mesh/simulated-pipeline.ts";

const ran = ({ compute }: SimulatedPipeline) => Object.values(compute).map(({ tokens }) => tokens);

/** What may break without an executor's end. */
const breaks = {
  "its conversation stops": (_: SimulatedPipeline, told: Told) => told.stop(),
  "a and b lose each other for a moment": ({ network }: SimulatedPipeline) => network.disconnect("a", "b"),
  "b and c lose each other for a moment": ({ network }: SimulatedPipeline) => network.disconnect("b", "c"),
  "a and c lose each other for a moment": ({ network }: SimulatedPipeline) => network.disconnect("a", "c"),
};

for (const [name, happen] of Object.entries(breaks)) {
  test(`an answer goes on where it was when ${name}: one token at most is run again, and the text is the same`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 30, max: 250 }), async (when) => {
        await using pipeline = await simulatedPipeline(2);
        const other = await pipeline.converse("other", 30);
        const prompt = "x".repeat(20);
        const told = await pipeline.converse(prompt, 30);
        await pipeline.until(() => told.progress().generated.length > 0);
        await pipeline.clock.advance(when);
        const before = told.progress();
        happen(pipeline, told);
        await pipeline.clock.advance(1);
        for (const [one, two] of [["a", "b"], ["b", "c"], ["a", "c"]] as const) pipeline.network.connect(one, two);
        await pipeline.clock.advance(20);
        other.stop();
        await pipeline.clock.advance(20);
        const ranBefore = ran(pipeline);
        const again = await pipeline.converse(prompt, 30, { ...told.progress(), again: true });
        await pipeline.until(() => again.end() !== undefined, 5000);
        assert.equal(told.text() + again.text(), pipeline.expected(prompt, 30));
        const left = 30 - Math.max(before.generated.length, told.progress().generated.length);
        for (const [index, tokens] of ran(pipeline).entries()) {
          const again = tokens - (ranBefore[index] ?? 0) - left;
          assert.ok(again <= 1, `${again} tokens more than the ${left} to come were run at segment ${index}`);
        }
        await pipeline.clock.advance(1);
        assert.equal(await pipeline.busy(), 0);
      }),
      { numRuns: 3 },
    );
  });
}

test("a long prompt that breaks off goes on behind the chunks that are through", async () => {
  await using pipeline = await simulatedPipeline(1);
  const prompt = "y".repeat(560);
  const told = await pipeline.converse(prompt, 4);
  await pipeline.until(() => (pipeline.compute["c"]?.tokens ?? 0) >= 256);
  pipeline.network.disconnect("b", "c");
  await pipeline.clock.advance(1);
  pipeline.network.connect("b", "c");
  await pipeline.clock.advance(20);
  assert.equal(told.end(), "broken");
  const before = pipeline.compute["c"]?.tokens ?? 0;
  const again = await pipeline.converse(prompt, 4, { ...told.progress(), again: true });
  await pipeline.until(() => again.end() !== undefined);
  assert.equal(again.text(), pipeline.expected(prompt, 4));
  assert.equal((pipeline.compute["c"]?.tokens ?? 0) - before, 560 - before + 3);
});

test("where one segment was loaded anew everything is run again, and the text is the same", async () => {
  await using pipeline = await simulatedPipeline(1);
  const told = await pipeline.converse("Hello", 30);
  await pipeline.until(() => told.progress().generated.length === 10);
  pipeline.compute["b"]?.die();
  await pipeline.until(() => told.end() === "broken");
  await pipeline.mend();
  const before = ran(pipeline);
  const again = await pipeline.converse("Hello", 30, { ...told.progress(), again: true });
  await pipeline.until(() => again.end() !== undefined);
  assert.equal(told.text() + again.text(), pipeline.expected("Hello", 30));
  const [, b = 0] = ran(pipeline).map((tokens, index) => tokens - (before[index] ?? 0));
  assert.ok(b >= 15 + 19, "the prompt, what was drawn and what is to come");
});
