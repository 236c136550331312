/**
 * Sums up runs of the chaos driver: faults by kind, and what readers got, over all of them. Exits with 1 where one was not clean.
 *
 *     npm run bench:chaos:sum -- [--svg FILE] bench/out/chaos-1.json bench/out/chaos-2.json
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { table } from "../../cli/table.ts";
import { savePicture } from "../picture/save.ts";
import { percentile } from "../statistics.ts";
import { gapRows } from "./gaps.ts";
import { pictureOf } from "./picture.ts";
import { type ChaosResult, isClean } from "./report.ts";
import { VERDICTS } from "./verdict.ts";

const { values, positionals: paths } = parseArgs({ options: { svg: { type: "string" } }, allowPositionals: true });
if (paths.length === 0) throw new TypeError("Name the results to sum up: the JSON files of bench:chaos.");
const runs = paths.map((path) => JSON.parse(readFileSync(path, "utf8")) as ChaosResult);
const waits = runs.flatMap((run) => run.waits);
const sum = (of: (run: ChaosResult) => number) => runs.reduce((total, run) => total + of(run), 0);
const all = gapRows(waits.map(({ milliseconds }) => ({ kind: "kill" as const, milliseconds })));
const rows = [...gapRows(waits), ...all.map((row) => ({ ...row, kind: "all" }))];
const ms = (value: number) => value.toFixed(0);
const lives = runs.flatMap(({ memory }) => memory.flatMap(({ bytesPerMinute }) => bytesPerMinute ?? []));

console.log(
  `${runs.length} runs, ${sum(({ minutes }) => minutes).toFixed(1)} minutes: ${waits.length} faults, ` +
    `${sum(({ streams }) => streams)} streams, ${
      sum(({ excluded }) => excluded)
    } of them of daemons that were ended, ` +
    `${sum(({ resumed }) => resumed)} taken up again, ${sum(({ tokens }) => tokens)} tokens`,
);
console.log(table(
  ["answers", ...VERDICTS],
  (["verdicts", "greedy"] as const).map((which) => [
    which === "verdicts" ? "all" : which,
    ...VERDICTS.map((verdict) => `${sum((run) => run[which][verdict])}`),
  ]),
));
console.log(table(
  ["longest wait of any reader, ms", "faults", "p50", "p95", "max"],
  rows.map(({ kind, faults, p50, p95, max }) => [kind, `${faults}`, ...[p50, p95, max].map(ms)]),
));
console.log(
  `memory of a device that lived a minute: ${(percentile(lives, 0.5) / 2 ** 20).toFixed(1)} MB a minute at the median`,
);
const keys = Object.keys(runs[0]?.leftovers ?? {}) as (keyof ChaosResult["leftovers"])[];
console.log(`left over: ${keys.map((key) => `${sum(({ leftovers }) => leftovers[key])} ${key}`).join(", ")}`);
for (const [index, run] of runs.entries()) if (!isClean(run)) console.log(`${paths[index]} is not clean`);
if (values.svg !== undefined) {
  const minutes = sum((run) => run.minutes).toFixed(1);
  savePicture(values.svg, pictureOf(waits, `${runs.length} runs, ${minutes} minutes, ${waits.length} faults`));
}
process.exit(runs.every(isClean) ? 0 : 1);
