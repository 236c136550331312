/**
 * Command: many prompts at once, as clients see them, on real daemons beside llama.cpp on the same file in one run; the same
 * threads in all, at the context that the model has by default. Tokens a second, times to the first token and from token to
 * token by percentiles, beside what the planner predicts. Medians over rounds in which the servers of a group take turns.
 * Prints tables, writes bench/out/serve.json and draws it beside.
 *
 *     npm run bench:serve -- [--quick] [--only GROUP,…] [--rounds 3] [--tokens 48] [--layers 22] [--check]
 *
 * `--quick` takes about three minutes. `--check` measures nothing: 32 clients at once each get the tokens that they get
 * alone, on one to three devices. llama.cpp is installed once (700 MB).
 */
import { loadavg } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installLlama } from "../decode/llama.ts";
import { TINYLLAMA, writeRandomModel } from "../decode/random-model.ts";
import { machineOf, saveResult } from "../picture/save.ts";
import { checkOn } from "./check.ts";
import { groupsOf, quickGroups } from "./groups.ts";
import { pictureOf } from "./picture.ts";
import { claimsTable, judge, type Judged, resultsTable } from "./report.ts";
import { measureGroup, type Result } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string" },
    tokens: { type: "string" },
    layers: { type: "string", default: `${TINYLLAMA.layers}` },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const tokens = Number(values.tokens ?? (values.quick ? 24 : 48));

if (values.check) process.exit(await check() ? 0 : 1);
const groups = groupsOf(tokens);
const wanted = values.only?.split(",") ??
  (values.quick ? quickGroups : Object.keys(groups));
for (const name of wanted) {
  if (!Object.hasOwn(groups, name)) {
    throw new TypeError(
      `There is no group ${name}; there are ${Object.keys(groups).join(", ")}.`,
    );
  }
}
const out = fileURLToPath(new URL("../out/", import.meta.url));
const layers = Number(values.layers);
const model = join(
  out,
  `tinyllama-random${layers === TINYLLAMA.layers ? "" : `-${layers}-layers`}-q4_0.gguf`,
);
installLlama();
await writeRandomModel(model, { ...TINYLLAMA, layers });
const load = () => loadavg()[0]?.toFixed(1) ?? "?";
const machine = machineOf();
console.log(
  `${machine}, TinyLlama-1.1B's shape with ${layers} layers, answers of ${tokens} tokens\n`,
);
const all: Record<
  string,
  { results: readonly Result[]; claims: readonly Judged[]; load: string }
> = {};
for (const name of wanted) {
  const group = groups[name];
  if (group === undefined) continue;
  console.error(`${group.title}: starting`);
  const results = await measureGroup(group, model, rounds);
  const claims = judge(group.claims, results);
  all[name] = { results, claims, load: load() };
  console.log(`${group.title}:\n\n${resultsTable(group, results)}`);
  if (claims.length > 0) console.log(claimsTable(claims));
}
const result = { machine, rounds, tokens, groups: all };
const titles = Object.fromEntries(Object.entries(groups).map(([name, { title }]) => [name, title]));
saveResult(join(out, "serve.json"), result, pictureOf(result, titles));
process.exit(0);

/** Whether everybody gets what is theirs, on one to three devices. */
async function check(): Promise<boolean> {
  let sound = true;
  for (const devices of [1, 2, 3]) {
    const found = await checkOn(devices, { clients: 32, tokens: 64, seed: 1 });
    sound &&= found.faults.length === 0;
    console.log(
      `${devices} devices: ${found.answers} answers, ${found.cut} cut short; faults: ${found.faults.length}`,
    );
    for (const fault of found.faults) console.log(`  ${fault}`);
  }
  return sound;
}
