/**
 * Command: scores a model on held-out data through Skein's own pipeline and prints a table.
 * `node training/evaluate.ts [--model FILE] [--tasks PER SETTING] [--stories N] [--seed N] [--json FILE]`
 *
 * Of an elastic model also what each level gets right, with half as many tasks and stories.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { renderLevels, scoreLevels } from "./evaluation/levels.ts";
import { openPipeline } from "./evaluation/pipeline.ts";
import { type Scores, scoreStories, scoreTasks } from "./evaluation/score.ts";
import { renderScores } from "./evaluation/table.ts";
import { builtinModelPath } from "../models/builtin/mod.ts";
import { levelsOf } from "../models/elastic.ts";
import type { Manifest } from "../models/manifest.ts";
import { validationSet } from "./validation-set.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: builtinModelPath() },
    tasks: { type: "string", default: "50" },
    stories: { type: "string", default: "100" },
    seed: { type: "string", default: "77" },
    threads: { type: "string", default: "1" },
    json: { type: "string" },
  },
});
const options = { seed: Number(values.seed), perSetting: Number(values.tasks) };
const threads = Number(values.threads);
const { tasks, stories } = validationSet({ ...options, stories: Number(values.stories) });
const { tasks: explained } = validationSet({ ...options, explain: true, stories: 0 });
const { manifest, scores } = await scoreWhole();
console.log(renderScores(scores));
const levels = manifest.elastic === undefined ? [] : await scoreLevels(values.model, levelsOf(manifest), {
  seed: options.seed,
  perSetting: Math.ceil(options.perSetting / 2),
  stories: Math.ceil(stories.length / 2),
  threads,
});
if (levels.length > 0) console.log(`\n${renderLevels(levels)}`);
if (values.json !== undefined) {
  const told = { model: manifest.name, ...scores, ...levels.length > 0 ? { levels } : {} };
  await writeFile(values.json, `${JSON.stringify(told, undefined, 2)}\n`);
}

async function scoreWhole(): Promise<{ manifest: Manifest; scores: Scores }> {
  await using pipeline = await openPipeline(values.model, { threads });
  const scores = {
    cells: await scoreTasks(pipeline, tasks),
    explained: await scoreTasks(pipeline, explained),
    ...await scoreStories(pipeline, stories),
  };
  return { manifest: pipeline.manifest, scores };
}
