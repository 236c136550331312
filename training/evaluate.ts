/**
 * Command: scores a model on held-out data through Skein's own pipeline and prints a table.
 * `node training/evaluate.ts [--model FILE] [--tasks PER SETTING] [--stories N] [--seed N] [--level N] [--json FILE]`
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { openPipeline } from "./evaluation/pipeline.ts";
import { type Scores, scoreStories, scoreTasks } from "./evaluation/score.ts";
import { renderScores } from "./evaluation/table.ts";
import { builtinModelPath } from "../models/builtin/mod.ts";
import { validationSet } from "./validation-set.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: builtinModelPath() },
    tasks: { type: "string", default: "50" },
    stories: { type: "string", default: "100" },
    seed: { type: "string", default: "77" },
    level: { type: "string" },
    threads: { type: "string", default: "1" },
    json: { type: "string" },
  },
});
const options = { seed: Number(values.seed), perSetting: Number(values.tasks) };
const { tasks, stories } = validationSet({ ...options, stories: Number(values.stories) });
const { tasks: explained } = validationSet({ ...options, explain: true, stories: 0 });
await using pipeline = await openPipeline(values.model, {
  threads: Number(values.threads),
  ...values.level === undefined ? {} : { level: Number(values.level) },
});
const scores: Scores = {
  cells: await scoreTasks(pipeline, tasks),
  explained: await scoreTasks(pipeline, explained),
  ...await scoreStories(pipeline, stories),
};
console.log(renderScores(scores));
if (values.json !== undefined) {
  await writeFile(values.json, `${JSON.stringify({ model: pipeline.manifest.name, ...scores }, undefined, 2)}\n`);
}
