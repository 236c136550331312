/**
 * Command: compares a model in Skein with what PyTorch says at float32.
 * `node training/check-parity.ts [--model FILE] [--references FILE]`
 */
import { parseArgs } from "node:util";
import { agreement, readReferences } from "./evaluation/parity.ts";
import { openPipeline } from "./evaluation/pipeline.ts";
import { builtinModelPath } from "../models/builtin/mod.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: builtinModelPath() },
    references: { type: "string" },
  },
});
const references = await readReferences(values.references);
await using pipeline = await openPipeline(values.model);
const { identical, prompts, forced, positions } = await agreement(pipeline, references);
console.log(`${identical} of ${prompts} prompts: the same greedy tokens`);
console.log(
  `${forced} of ${positions} positions (${(100 * forced / positions).toFixed(2)}%): the same, teacher-forced`,
);
