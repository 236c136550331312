/**
 * What mirrors cost and what they save, on real daemons on this machine: two meshes of three, with mirrors and without, take
 * turns at the same answer, and then lose a device in the middle of it, again and again. Prints a table and writes
 * bench/out/mirrors.json. On a machine that is busy, processor time says more than time by the clock.
 *
 *     npm run bench:mirrors -- [--model builtin] [--tokens 120] [--turns 9] [--kills 5]
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../../cli/table.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { type LocalMesh, startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import { readStream, type StreamRead } from "../../tests/e2e/read-stream.ts";
import type { Bar, Bars } from "../picture/chart.ts";
import { machineOf, saveResult } from "../picture/save.ts";
import { median } from "../statistics.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "builtin" },
    tokens: { type: "string", default: "120" },
    turns: { type: "string", default: "9" },
    kills: { type: "string", default: "5" },
  },
});
const [tokens, turns, kills] = [
  Number(values.tokens),
  Number(values.turns),
  Number(values.kills),
];
const model = values.model === "builtin" ? builtinModelPath() : values.model;
const PROMPT = "Once upon a time";
/** Ticks of the processor's clock a second, as Linux counts them. */
const TICKS = 100;

/** A mesh over d1, d2 and d0, so that neither the first device nor the middle one has the model's file. */
async function meshWith(mirrors: "on" | "off"): Promise<LocalMesh> {
  const mesh = await startLocalMesh(3, model, ["--mirrors", mirrors]);
  await mesh.split([await mesh.blocks() - 4, 2, 2], [1, 2, 0]);
  await mesh.until(({ state }) => {
    return state.type === "active" &&
      (mirrors === "off" ||
        state.plan.segments.every(({ mirror }) => mirror !== undefined));
  });
  return mesh;
}

/** Milliseconds of processor time that the daemons have had. */
function processorTime({ daemons }: LocalMesh): number {
  const ticks = daemons.map(({ ready }) => {
    const fields = readFileSync(`/proc/${ready.pid}/stat`, "utf8").split(") ").at(-1)?.split(
      " ",
    ) ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  return 1000 / TICKS * ticks.reduce((sum, each) => sum + each, 0);
}

/** Has an answer streamed; `times` are when its pieces came. */
async function stream(
  mesh: LocalMesh,
  onPiece: (count: number) => void,
): Promise<StreamRead> {
  const read = await readStream(mesh.api(0), {
    prompt: PROMPT,
    max_tokens: tokens,
    temperature: 0,
  }, { onPiece });
  if (read.error !== undefined) throw new Error(read.error);
  return { ...read, times: read.times.slice(1) };
}

const gaps = (times: readonly number[]) => times.slice(1).map((at, index) => at - (times[index] ?? at));

/** Times of an undisturbed answer, a token. */
async function undisturbed(mesh: LocalMesh) {
  const before = processorTime(mesh);
  const { times } = await stream(mesh, () => {});
  return {
    tpot: median(gaps(times)),
    processor: (processorTime(mesh) - before) / times.length,
  };
}

/** The longest gap of an answer whose middle device dies. */
async function disturbed(mirrors: "on" | "off"): Promise<number> {
  await using mesh = await meshWith(mirrors);
  const { times } = await stream(mesh, (count) => {
    if (count === Math.floor(tokens / 3)) {
      process.kill(mesh.daemons[2]?.ready.pid ?? -1, "SIGKILL");
    }
  });
  return Math.max(...gaps(times));
}

const kinds = ["on", "off"] as const;
const costs = { on: [], off: [] } as Record<
  (typeof kinds)[number],
  Awaited<ReturnType<typeof undisturbed>>[]
>;
{
  await using withMirrors = await meshWith("on");
  await using without = await meshWith("off");
  const meshes = { on: withMirrors, off: without };
  for (const kind of kinds) await undisturbed(meshes[kind]);
  for (let turn = 0; turn < turns; turn++) {
    for (const kind of kinds) {
      costs[kind].push(await undisturbed(meshes[kind]));
    }
  }
}
const pauses: Record<(typeof kinds)[number], number[]> = { on: [], off: [] };
for (let kill = 0; kill < kills; kill++) {
  for (const kind of kinds) pauses[kind].push(await disturbed(kind));
}

const rows = kinds.map((kind) => [
  kind,
  median(costs[kind].map(({ tpot }) => tpot)).toFixed(2),
  median(costs[kind].map(({ processor }) => processor)).toFixed(2),
  ...(kills === 0 ? ["", ""] : [median(pauses[kind]), Math.max(...pauses[kind])].map((gap) => gap.toFixed(0))),
]);
console.log(
  table([
    "mirrors",
    "TPOT, ms",
    "processor a token, ms",
    "gap p50, ms",
    "gap max, ms",
  ], rows),
);
const out = fileURLToPath(new URL("../out/", import.meta.url));
const barsOf = (title: string, of: (kind: (typeof kinds)[number]) => Bar[]): Bars => {
  return {
    type: "bars",
    title,
    unit: "ms",
    groups: kinds.map((kind) => ({ name: `mirrors ${kind}`, bars: of(kind) })),
  };
};
saveResult(`${out}mirrors.json`, { model, tokens, costs, pauses }, {
  title: "What mirrors cost and bring",
  note: `${machineOf()}; medians of ${turns} answers and of ${kills} kills`,
  charts: [
    barsOf("A token", (kind) => [
      { name: "by the clock", value: median(costs[kind].map(({ tpot }) => tpot)) },
      { name: "of processors", value: median(costs[kind].map(({ processor }) => processor)) },
    ]),
    ...(kills === 0 ? [] : [barsOf("The gap when a device is killed", (kind) => [
      { name: "median", value: median(pauses[kind]) },
      { name: "longest", value: Math.max(...pauses[kind]) },
    ])]),
  ],
});
