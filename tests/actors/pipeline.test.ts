/** Conversations and three segments together: what is answered, what it costs, and what is left however it is broken. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type SimulatedPipeline, simulatedPipeline, type Told } from "./mesh/simulated-pipeline.ts";

test("more prompts than slots are all answered, as one device would", async () => {
  await using pipeline = await simulatedPipeline(2);
  const asked = ["Hello", "x".repeat(300), "?", "two words", "y".repeat(130)];
  const told = await Promise.all(asked.map((prompt) => pipeline.converse(prompt, 12)));
  await pipeline.until(() => told.every((one) => one.end() !== undefined));
  for (const [index, prompt] of asked.entries()) {
    assert.equal(told[index]?.text(), pipeline.expected(prompt, 12));
    assert.equal(told[index]?.end(), "finished");
  }
  await pipeline.clock.advance(1);
  assert.equal(await pipeline.busy(), 0);
});

test("a first token across three devices takes seven frames, and each further one four", async () => {
  await using pipeline = await simulatedPipeline(2);
  const frames = () => {
    return [...pipeline.systems.values()].reduce((sum, { inspect }) => sum + inspect.counters().framesOut, 0);
  };
  const pieces = async (count: number) => {
    await pipeline.until(() => told.progress().generated.length === count);
    return frames();
  };
  const told = await pipeline.converse("Hello", 20);
  const first = await pieces(1);
  // The next token has set out before the first one's text did: to the first segment, which is on the same device.
  assert.equal(first, 7);
  assert.equal(await pieces(11) - first, 40);
});

/** What can happen to a pipeline. */
const mishaps = {
  "the conversation is stopped": (_: SimulatedPipeline, told: Told) => told.stop(),
  "the worker of a dies": ({ compute }: SimulatedPipeline) => compute["a"]?.die(),
  "the worker of b dies": ({ compute }: SimulatedPipeline) => compute["b"]?.die(),
  "the worker of c dies": ({ compute }: SimulatedPipeline) => compute["c"]?.die(),
  "a and b lose each other": ({ network }: SimulatedPipeline) => network.disconnect("a", "b"),
  "b and c lose each other": ({ network }: SimulatedPipeline) => network.disconnect("b", "c"),
  "c, where the reader is, and a lose each other": ({ network }: SimulatedPipeline) => network.disconnect("a", "c"),
};

for (const [name, happen] of Object.entries(mishaps)) {
  test(`whenever ${name}: no place stays taken, and the answer that is taken up reads as if nothing had happened`, async () => {
    const prompts = fc.string({ unit: fc.constantFrom(..."abcdef "), minLength: 1, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(prompts, fc.nat(120), async (prompt, when) => {
        await using pipeline = await simulatedPipeline(2);
        const other = await pipeline.converse("other", 30);
        const told = await pipeline.converse(prompt, 8);
        await pipeline.clock.advance(when);
        happen(pipeline, told);
        await pipeline.clock.advance(1);
        for (const [one, two] of [["a", "b"], ["b", "c"], ["a", "c"]] as const) pipeline.network.connect(one, two);
        await pipeline.until(() => [told, other].every((one) => one.end() !== undefined || isCut(name)), 5000);
        await pipeline.mend();
        await pipeline.until(async () => await pipeline.busy() === 0, 1000);
        if (told.end() === "finished") return assert.equal(told.text(), pipeline.expected(prompt, 8));
        const again = await pipeline.converse(prompt, 8, told.progress());
        await pipeline.until(() => again.end() !== undefined, 5000);
        assert.deepEqual([again.end(), told.text() + again.text()], ["finished", pipeline.expected(prompt, 8)]);
      }),
      { numRuns: 5 },
    );
  });
}

/** Whether the answer hears nothing any more: then it is its own device that notices. */
function isCut(name: string): boolean {
  return name.includes("where the reader is");
}
