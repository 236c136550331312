/**
 * Decode and prefill at one thread a device: llama.cpp, and Skein on one, two and three local daemons, side by side in one
 * run, as a client sees them. As in llama-bench, prefill is measured on a prompt of 512 tokens, decode after a short one;
 * decode after the long one is shown too. Prints tables and writes bench/out/decode.json.
 *
 *     npm run bench:decode -- [--rounds 5] [--prompt 512] [--tokens 64]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../../cli/table.ts";
import { median } from "../statistics.ts";
import { installLlama, startLlama } from "./llama.ts";
import type { Measurement } from "./measurement.ts";
import { TINYLLAMA, writeRandomModel } from "./random-model.ts";
import { measureMemory, measureSkein, startBenchMesh } from "./skein.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    prompt: { type: "string", default: "512" },
    tokens: { type: "string", default: "64" },
  },
});
const [rounds, promptTokens, decodeTokens] = [
  Number(values.rounds),
  Number(values.prompt),
  Number(values.tokens),
];
/** Tokens of the prompt before decode is measured. */
const SHORT_PROMPT = 16;
const out = fileURLToPath(new URL("../out/", import.meta.url));
const model = `${out}tinyllama-random-q4_0.gguf`;

await writeRandomModel(model, TINYLLAMA);
installLlama();
const context = promptTokens + decodeTokens + 8;
const llama = await startLlama(model, context);
await using one = await startBenchMesh(1, model, context);
await using two = await startBenchMesh(2, model, context);
await using three = await startBenchMesh(3, model, context);

type Measure = (
  promptTokens: number,
  decodedTokens: number,
) => Promise<Measurement>;
const contestants: readonly (readonly [string, Measure])[] = [
  ["llama.cpp", (prompt, decoded) => llama.measure(prompt, decoded)],
  ["Skein, 1 device", (prompt, decoded) => measureSkein(one, prompt, decoded)],
  ["Skein, 2 devices", (prompt, decoded) => measureSkein(two, prompt, decoded)],
  [
    "Skein, 3 devices",
    (prompt, decoded) => measureSkein(three, prompt, decoded),
  ],
];
const results = new Map(
  contestants.map((
    [name],
  ) => [name, { short: [] as Measurement[], long: [] as Measurement[] }]),
);
for (let round = 0; round <= rounds; round++) {
  for (const [name, measure] of contestants) {
    const short = await measure(SHORT_PROMPT, decodeTokens);
    const long = await measure(promptTokens, Math.ceil(decodeTokens / 4));
    // The first round warms everything up.
    if (round === 0) continue;
    results.get(name)?.short.push(short);
    results.get(name)?.long.push(long);
  }
  console.error(round === 0 ? "warmed up" : `round ${round} of ${rounds}`);
}
llama.stop();
const memory = [
  ...await measureMemory(one),
  ...await measureMemory(two),
  ...await measureMemory(three),
];

const rows = contestants.map(([name]) => {
  const { short = [], long = [] } = results.get(name) ?? {};
  return {
    name,
    decode: median(short.flatMap(({ decode }) => decode)),
    decodeLong: median(long.flatMap(({ decode }) => decode)),
    prefill: median(long.map(({ prefill }) => prefill)),
  };
});
const [reference, single] = rows;
const hops = [0, 0, 2, 3];
const summary = rows.map((row, index) => ({
  ...row,
  decodeToLlama: row.decode / (reference?.decode ?? NaN),
  decodeLongToLlama: row.decodeLong / (reference?.decodeLong ?? NaN),
  decodeToOne: row.decode / (single?.decode ?? NaN),
  prefillToLlama: row.prefill / (reference?.prefill ?? NaN),
  addedPerHop: hops[index] === 0 ? 0 : (row.decode - (single?.decode ?? NaN)) / (hops[index] ?? NaN),
}));
console.log(table(
  [
    "",
    "decode ms",
    "/ llama.cpp",
    "/ 1 device",
    "ms a hop",
    `prefill ${promptTokens} ms`,
    "/ llama.cpp",
    `decode after ${promptTokens} ms`,
    "/ llama.cpp",
  ],
  summary.map((row) => [
    row.name,
    row.decode.toFixed(2),
    row.decodeToLlama.toFixed(2),
    index(row.name) < 2 ? "" : row.decodeToOne.toFixed(3),
    index(row.name) < 2 ? "" : row.addedPerHop.toFixed(2),
    row.prefill.toFixed(0),
    row.prefillToLlama.toFixed(2),
    row.decodeLong.toFixed(2),
    row.decodeLongToLlama.toFixed(2),
  ]),
));
const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;
console.log(table(
  ["daemon of", "anonymous", "blocks", "1.15 x blocks + 200 MB"],
  memory.map(({ anonymousBytes, blockBytes }, at) => [
    ["1", "2", "2", "3", "3", "3"][at] ?? "",
    mebibytes(anonymousBytes),
    mebibytes(blockBytes),
    mebibytes(1.15 * blockBytes + 200e6),
  ]),
));
mkdirSync(out, { recursive: true });
writeFileSync(
  `${out}decode.json`,
  JSON.stringify(
    { rounds, promptTokens, decodeTokens, summary, memory },
    null,
    2,
  ),
);

function index(name: string): number {
  return rows.findIndex((row) => row.name === name);
}
