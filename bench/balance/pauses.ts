/**
 * Command: what a reader notices of a move. Three daemons on this machine; while somebody reads, the same two splits are pinned
 * by turns, so that every device gives and takes layers whose blocks it has on disk. Prints how long the longest wait of each
 * move was, before the plans change (blocks are loaded and caches brought meanwhile) and at the change, beside the usual time
 * of a token. Writes bench/out/pauses.json.
 *
 *     npm run bench:pauses -- [--moves 12] [--every 6] [--layers 12] [--model PATH] [--up "--mirrors off"]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../../cli/table.ts";
import { type LocalMesh, startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import { TINYLLAMA, writeRandomModel } from "../decode/random-model.ts";
import { median, percentile } from "../statistics.ts";
import { readOn, TOKEN_BY_TOKEN } from "./reader.ts";
import { type Move, type Pause, pauseOf } from "./pause.ts";

/** How long the first daemon may take to compile the model. */
const PATIENCE_MILLISECONDS = 300_000;
/** A move is over by then, or has failed. */
const MOVE_MILLISECONDS = 60_000;

const { values } = parseArgs({
  options: {
    moves: { type: "string", default: "12" },
    every: { type: "string", default: "6" },
    layers: { type: "string", default: "12" },
    model: { type: "string" },
    up: { type: "string", default: "" },
  },
});
const out = fileURLToPath(new URL("../out/", import.meta.url));
mkdirSync(out, { recursive: true });
const load = () => loadavg()[0]?.toFixed(1) ?? "?";
console.log(
  `${cpus()[0]?.model.trim() ?? "?"}, ${availableParallelism()} cores, load ${load()}\n`,
);
const pauses = await measure(await modelPath());
writeFileSync(
  `${out}pauses.json`,
  `${JSON.stringify({ values, load: load(), pauses }, undefined, 2)}\n`,
);
console.log(tableOf(pauses));

async function modelPath(): Promise<string> {
  if (values.model !== undefined) return values.model;
  const path = `${out}tinyllama-random-${values.layers}-layers-q4_0.gguf`;
  await writeRandomModel(path, { ...TINYLLAMA, layers: Number(values.layers) });
  return path;
}

async function measure(model: string): Promise<Pause[]> {
  const up = [
    "--concurrency",
    "2",
    "--context",
    "512",
    ...TOKEN_BY_TOKEN,
    ...values.up.split(" ").filter((word) => word !== ""),
  ];
  await using mesh = await startLocalMesh(3, model, up, {
    patience: PATIENCE_MILLISECONDS,
  });
  const [one, other] = splitsOf(await mesh.blocks());
  // Twice: what is loaded first has to be fetched, and is no move of blocks that are stored.
  for (const split of [one, other]) await mesh.split(split);
  const [arrivals, ending] = [[] as number[][], new AbortController()];
  const reading = readOn(mesh.api(0), arrivals, ending.signal);
  const moves: Move[] = [];
  for (let count = 0; count < Number(values.moves); count++) {
    await seconds(Number(values.every));
    moves.push(await move(mesh, count % 2 === 0 ? one : other));
  }
  await seconds(Number(values.every));
  ending.abort();
  await reading;
  return moves.flatMap((move) => pauseOf(move, arrivals) ?? []);
}

/** Two splits whose every boundary differs; the first segment stays where it is read. */
function splitsOf(blocks: number): [number[], number[]] {
  const third = Math.floor(blocks / 3);
  return [[third, third, blocks - 2 * third], [
    third + 1,
    third - 2,
    blocks - 2 * third + 1,
  ]];
}

/** Pins a split, and waits until the device that is asked knows the plan. */
async function move(mesh: LocalMesh, split: readonly number[]): Promise<Move> {
  const published = Promise.withResolvers<number>();
  let asked = Infinity;
  mesh.daemons[0]?.onEvent(({ type }) => {
    if (type === "plan" && performance.now() > asked) {
      published.resolve(performance.now());
    }
  });
  const timer = setTimeout(
    () => published.reject(new Error(`The split ${split} did not come.`)),
    MOVE_MILLISECONDS,
  );
  try {
    asked = performance.now();
    await mesh.split(split);
    return { askedAt: asked, changedAt: await published.promise };
  } finally {
    clearTimeout(timer);
  }
}

function tableOf(pauses: readonly Pause[]): string {
  const row = (
    name: string,
    of: (pause: Pause) => number,
    unit: (value: number) => string,
  ) => {
    const all = pauses.map(of);
    return [
      name,
      unit(median(all)),
      unit(percentile(all, 0.95)),
      unit(Math.max(...all)),
    ];
  };
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const times = (value: number) => value.toFixed(1);
  return table([`of ${pauses.length} moves`, "p50", "p95", "max"], [
    row("a token, usually", ({ usual }) => usual, ms),
    row("from the word to the plan", ({ prepared }) => prepared, ms),
    row("longest wait meanwhile", ({ meanwhile }) => meanwhile, ms),
    row(
      "the same, in token times",
      ({ meanwhile, usual }) => meanwhile / usual,
      times,
    ),
    row("wait at the change of plans", ({ change }) => change, ms),
    row(
      "the same, in token times",
      ({ change, usual }) => change / usual,
      times,
    ),
  ]);
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * count));
}
