/**
 * Command: what balancing is worth on real daemons. Three on this machine hold a model that no two of them could; while
 * somebody reads, one of them gets a third of its time. With balancing against without, in turns. Prints Markdown, writes
 * bench/out/balance.json. LinguaLinked reports 1.29 to 1.32 times for its run-time balancing.
 *
 *     npm run bench:balance -- [--rounds 1] [--factor 3] [--quiet 30] [--slow 75] [--memory 230MiB] [--layers 12]
 *
 * A round takes about five minutes. Needs signals (not on Windows).
 */
import { mkdirSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatBytes } from "../../plans/mod.ts";
import { TINYLLAMA, writeRandomModel } from "../decode/random-model.ts";
import { machineOf, saveResult } from "../picture/save.ts";
import { median } from "../statistics.ts";
import { runOnce, type RunOptions, type RunResult } from "./run.ts";
import { gainOf, verdictOf } from "./verdict.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1" },
    factor: { type: "string", default: "3" },
    quiet: { type: "string", default: "30" },
    slow: { type: "string", default: "75" },
    memory: { type: "string", default: "230MiB" },
    layers: { type: "string", default: "12" },
  },
});
const options: Omit<RunOptions, "balance"> = {
  memory: values.memory,
  factor: Number(values.factor),
  quietSeconds: Number(values.quiet),
  slowSeconds: Number(values.slow),
};
const out = fileURLToPath(new URL("../out/", import.meta.url));
mkdirSync(out, { recursive: true });
const model = `${out}tinyllama-random-${values.layers}-layers-q4_0.gguf`;
await writeRandomModel(model, { ...TINYLLAMA, layers: Number(values.layers) });

const results: RunResult[] = [];
const load = () => loadavg()[0]?.toFixed(1) ?? "?";
console.log(
  `${cpus()[0]?.model.trim() ?? "?"}, ${availableParallelism()} cores, load ${load()}\n`,
);
for (let round = 0; round < Number(values.rounds); round++) {
  for (const balance of ["off", "on"] as const) {
    const result = await runOnce(model, { ...options, balance });
    results.push(result);
    console.error(
      `balance ${balance}, load ${load()}: ${JSON.stringify(result, undefined, 1)}`,
    );
  }
}
console.log(tableOf(results));
console.log(`\n${(await verdictOf(results)).join("\n")}`);
const gain = gainOf(results);
saveResult(`${out}balance.json`, { options, load: load(), gain, results }, {
  title: "A device that becomes slower, with balancing and without",
  note: `${machineOf()}; ${options.factor} times slower, medians of ${values.rounds} rounds`,
  charts: [{
    type: "bars",
    title: "Before, just after, and at the end",
    unit: "tokens a second",
    groups: (["quiet", "slowed", "end"] as const).map((when) => ({
      name: when,
      bars: (["off", "on"] as const).map((balance) => ({
        name: `balance ${balance}`,
        value: median(results.filter((result) => result.balance === balance).map(({ rates }) => rates[when])),
      })),
    })),
  }],
});

function tableOf(results: readonly RunResult[]): string {
  const rows = results.map((
    { balance, rates, moves, quietMoves, reactionSeconds, pauses, movedBytes },
  ) => [
    balance,
    rates.quiet.toFixed(1),
    rates.slowed.toFixed(1),
    rates.end.toFixed(1),
    reactionSeconds === undefined ? "" : `${reactionSeconds.toFixed(1)} s`,
    `${moves}`,
    formatBytes(movedBytes),
    pauses === undefined ? "" : milliseconds(pauses.usual),
    pauses === undefined ? "" : milliseconds(pauses.p95),
    pauses === undefined ? "" : milliseconds(pauses.longest),
    `${quietMoves}`,
  ]);
  const head = [
    "balance",
    "tokens/s before",
    "slowed",
    "at the end",
    "reacts in",
    "moves",
    "moved",
  ];
  const all = [
    ...head,
    "a token while slow",
    "p95 around the move",
    "longest",
    "moves in the quiet",
  ];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(all), line(all.map(() => "---")), ...rows.map(line)].join("\n");
}

function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}
