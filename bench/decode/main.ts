/**
 * Command: Skein beside llama.cpp on the same file in one run, as a client sees them, at the context that the model has by
 * default. One and two threads, one to three local daemons on Deno and on Node, Q4_0 and Q4_K_M, and eight prompts at
 * once; as in llama-bench, decode after a short prompt and prefill of a long one, and decode after that. Medians over
 * rounds in which the contestants of a group take turns. Prints Markdown, writes bench/out/decode.json and draws it beside.
 *
 *     npm run bench:decode -- [--quick] [--only GROUP,…] [--rounds 3] [--prompt 512] [--tokens 64]
 *
 * `--quick` takes about a minute and a half. Needs Linux for the table of threads. llama.cpp is installed once (700 MB).
 */
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machineOf, saveResult } from "../picture/save.ts";
import { findNode } from "./find-node.ts";
import { type Group, groupsOf } from "./groups.ts";
import { installLlama } from "./llama.ts";
import { pictureOf } from "./picture.ts";
import { TINYLLAMA, writeRandomModel } from "./random-model.ts";
import { memoryTable, threadsTable, timesTable, togetherTable } from "./report.ts";
import { type AloneResult, measureAlone, measureTogether, type RoundOptions, type TogetherResult } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string" },
    prompt: { type: "string" },
    tokens: { type: "string" },
  },
});
const options: RoundOptions = {
  rounds: Number(values.rounds ?? (values.quick ? 2 : 3)),
  promptTokens: Number(values.prompt ?? (values.quick ? 128 : 512)),
  decodeTokens: Number(values.tokens ?? (values.quick ? 32 : 64)),
};
const out = fileURLToPath(new URL("../out/", import.meta.url));

const node = values.quick ? undefined : findNode();
if (node === undefined && !values.quick) {
  console.error(
    "There is no Node 24 here and none to be had: no rows for Node.",
  );
}
const groups = groupsOf({ context: TINYLLAMA.context, node });
const wanted = values.only?.split(",") ??
  Object.keys(groups).filter((name) => (name === "quick") === values.quick);
for (const name of wanted) {
  if (!(name in groups)) {
    throw new TypeError(
      `There is no group ${name}; there are ${Object.keys(groups).join(", ")}.`,
    );
  }
}

installLlama();
const results: Record<string, readonly (AloneResult | TogetherResult)[]> = {};
const machine = machineOf();
console.log(`${machine}, TinyLlama-1.1B's shape\n`);
for (const name of wanted) {
  const group = groups[name];
  if (group !== undefined) results[name] = await run(group);
}
const result = { machine, options, results };
const titles = Object.fromEntries(Object.entries(groups).map(([name, { title }]) => [name, title]));
saveResult(join(out, "decode.json"), result, pictureOf(result, titles));
process.exit(0);

/** Measures one group and prints its tables. */
async function run(
  group: Group,
): Promise<readonly (AloneResult | TogetherResult)[]> {
  console.error(`${group.title}: starting`);
  const model = join(
    out,
    `tinyllama-random-${group.quantization.toLowerCase()}.gguf`,
  );
  await writeRandomModel(model, TINYLLAMA, group.quantization);
  console.log(`${group.title}:\n`);
  switch (group.type) {
    case "alone": {
      const measured = await measureAlone(group, model, options);
      console.log(
        `${timesTable(measured, options.promptTokens)}\n\n${threadsTable(measured)}\n\n${memoryTable(measured)}\n`,
      );
      return measured;
    }
    case "together": {
      const measured = await measureTogether(group, model, options);
      console.log(`${togetherTable(measured)}\n`);
      return measured;
    }
    default:
      throw group satisfies never;
  }
}
