/**
 * Command: what levels are worth: ElastiLM's evaluation (arXiv 2409.09071) on an elastic model and on this machine's clock.
 * See README.md beside it. Prints Markdown, writes bench/out/elastic.json, keeps what was measured in bench/out/elastic/, and
 * draws it beside.
 *
 *     npm run bench:elastic -- [--only policies,steps,mesh] [--model FILE] [--unordered FILE] [--sizes FILE,…] [--prompts 8]
 *                              [--rounds 15] [--requests 600] [--clock wall|processor] [--kept]
 *
 * `policies`: all held-out prompts at all pairs of levels, the times of all pairs, policies on traces; with `--kept` on what was
 * measured before. `steps`: proportion of levels, switching, memory, also of two larger models. `mesh`: three daemons.
 * On a machine that has other work `--clock processor` counts what processors did instead of what passed.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { machineOf, saveResult } from "../picture/save.ts";
import { runMesh } from "./mesh.ts";
import { processor, wall } from "./open-model.ts";
import { judgePolicies, measure, type Measures, measureSteps, type PartOptions } from "./parts.ts";
import { accuracyOf, type ElasticResult, pictureOf, tablesOf } from "./report.ts";

const parts = ["policies", "steps", "mesh"] as const;
const { values } = parseArgs({
  options: {
    only: { type: "string", default: parts.join(",") },
    model: { type: "string", default: builtinModelPath() },
    unordered: { type: "string" },
    sizes: { type: "string" },
    prompts: { type: "string", default: "8" },
    rounds: { type: "string", default: "15" },
    requests: { type: "string", default: "600" },
    clock: { type: "string", default: "wall" },
    kept: { type: "boolean", default: false },
  },
});
const wanted = values.only.split(",");
for (const name of wanted) {
  if (!parts.some((part) => part === name)) {
    throw new TypeError(`There is no part ${name}; there are ${parts.join(", ")}.`);
  }
}
const clock = values.clock === "processor" ? "processor" : "wall";
const file = fileURLToPath(new URL("../out/elastic.json", import.meta.url));
const out = fileURLToPath(new URL("../out/elastic/", import.meta.url));
await mkdir(out, { recursive: true });
const measuresFile = join(out, "measures.json");
const options: PartOptions = {
  model: values.model,
  unordered: values.unordered,
  sizes: values.sizes?.split(",") ?? [],
  out,
  rounds: Number(values.rounds),
  perSetting: Number(values.prompts),
  requests: Number(values.requests),
  now: clock === "wall" ? wall : processor,
  say: (line) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`),
};
const before = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) as ElasticResult : undefined;
let result: ElasticResult = {
  ...before?.model === basename(values.model) ? before : {},
  ...{ machine: machineOf(), model: basename(values.model), clock },
};
// What is done is kept, also where a later part fails.
for (const part of parts.filter((name) => wanted.includes(name))) {
  result = { ...result, ...await run(part) };
  saveResult(file, result, pictureOf(result));
}
console.log(`${result.machine}, ${result.model}, times by the ${clock}'s clock\n\n${tablesOf(result)}`);
process.exit(0);

async function run(part: typeof parts[number]): Promise<Partial<ElasticResult>> {
  switch (part) {
    case "policies": {
      const measures = values.kept
        ? JSON.parse(readFileSync(measuresFile, "utf8")) as Measures
        : await measure(options);
      await writeFile(measuresFile, JSON.stringify(measures));
      const cases = measures.cases.elastic ?? [];
      const test = cases.filter(({ set }) => set === "test").length;
      return {
        prompts: { test, validation: cases.length - test },
        accuracy: accuracyOf(cases),
        times: measures.times,
        layers: measures.layers,
        scores: judgePolicies(measures, options),
      };
    }
    case "steps":
      return { steps: await measureSteps(options) };
    case "mesh": {
      // All of it twice: a tenth of the trace takes some minutes.
      const requests = Math.ceil(options.requests / 3);
      return { mesh: await runMesh({ model: values.model, requests, load: 0.4, slowdown: 2, say: options.say }) };
    }
    default:
      throw part satisfies never;
  }
}
