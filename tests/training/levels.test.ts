import assert from "node:assert/strict";
import test from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { openPipeline, type Pipeline } from "../../training/evaluation/pipeline.ts";
import { scoreStories, scoreTasks } from "../../training/evaluation/score.ts";
import { validationSet } from "../../training/validation-set.ts";

// One pipeline at a time: their computes share this thread.
async function at<T>(level: number | undefined, use: (pipeline: Pipeline) => Promise<T>): Promise<T> {
  await using pipeline = await openPipeline(builtinModelPath(), level === undefined ? {} : { level });
  return await use(pipeline);
}

test("each level of the built-in model below the whole answers most easy tasks and tells stories", async () => {
  const { tasks, stories } = validationSet({ seed: 8, perSetting: 4, stories: 4 });
  const easy = tasks.filter(({ hops, redundancy }) => hops === 1 && redundancy === 0);
  for (const level of [1, 2, 3]) {
    await at(level, async (pipeline) => {
      assert.equal(pipeline.manifest.elastic?.slices, 4);
      const cells = await scoreTasks(pipeline, easy);
      const right = cells.reduce((sum, { accuracy }) => sum + accuracy, 0) / cells.length;
      assert.ok(right >= 0.75, `level ${level}: ${right}`);
      const { storyPerplexity } = await scoreStories(pipeline, stories);
      assert.ok(storyPerplexity < 2.5, `level ${level}: ${storyPerplexity}`);
    });
  }
});

test("the highest level of the built-in model is the whole of it, token for token; the least is not", async () => {
  const { tasks, stories } = validationSet({ seed: 9, perSetting: 1, stories: 1 });
  const prompts = [...tasks.slice(0, 5), ...stories].map(({ prompt }) => prompt);
  const answers = (level?: number) =>
    at(level, (pipeline) => pipeline.complete(prompts.map((prompt) => pipeline.encodePrompt(prompt)), 40));
  const whole = await answers();
  assert.deepEqual(await answers(4), whole);
  assert.notDeepEqual(await answers(1), whole);
});
