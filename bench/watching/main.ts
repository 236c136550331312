/**
 * Command: what it costs that somebody watches. A mesh answers, in turns with nobody watching and with everybody: a page, which
 * follows events and looks at all devices every three seconds; `skein top`, which looks every second and follows too; and
 * Prometheus, which asks each device every five. Medians over rounds of a token's time and of the processor time of the daemons
 * by thread, and what idle daemons take before anybody has watched and after all have gone. Prints tables, writes
 * bench/out/watching.json and draws it beside.
 *
 *     npm run bench:watching -- [--each] [--devices 2] [--rounds 5] [--tokens 200] [--layers 12] [--idle 10]
 *
 * `--each` has each of them watch alone as well. Needs Linux for processor time. With 12 layers of TinyLlama's shape a token
 * takes about 50 ms.
 */
import process from "node:process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../../cli/table.ts";
import { startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import { TINYLLAMA, writeRandomModel } from "../decode/random-model.ts";
import { measure } from "../decode/skein.ts";
import { readThreads, threadKinds, usedBetween } from "../decode/threads.ts";
import { machineOf, saveResult } from "../picture/save.ts";
import { costOf, pictureOf, processorOf, type Watched } from "./cost.ts";
import { watched, type WatcherName, watchers } from "./watchers.ts";

const { values } = parseArgs({
  options: {
    each: { type: "boolean", default: false },
    devices: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    tokens: { type: "string", default: "200" },
    layers: { type: "string", default: "12" },
    idle: { type: "string", default: "10" },
  },
});
const [devices, rounds, tokens, layers, idle] = [
  values.devices,
  values.rounds,
  values.tokens,
  values.layers,
  values.idle,
].map(Number) as [number, number, number, number, number];
/** How long a device may take to compile a model of some hundred megabytes, and the others to fetch their share. */
const COMPILE_MILLISECONDS = 600_000;
/** In which idle daemons are looked at, at most. */
const STRETCHES = 10;
/** A daemon that takes no more of a second has nothing to do: its pulse and its monitor. */
const QUIET_MILLISECONDS = 12;
/** Until those who have just come have been told what happened before. */
const SETTLE_MILLISECONDS = 1000;

const all = Object.keys(watchers) as WatcherName[];
const kinds: ReadonlyMap<string, readonly WatcherName[]> = new Map<string, readonly WatcherName[]>([
  ["nobody", []],
  ...(values.each ? all.map((name) => [name, [name]] as const) : []),
  ["everybody", all],
]);
const out = fileURLToPath(new URL("../out/", import.meta.url));
const model = join(out, `tinyllama-random${layers === TINYLLAMA.layers ? "" : `-${layers}-layers`}-q4_0.gguf`);
await writeRandomModel(model, { ...TINYLLAMA, layers });
await using mesh = await startLocalMesh(devices, model, ["--speculation", "off", "--balance", "off"], {
  patience: COMPILE_MILLISECONDS,
});
const apis = mesh.daemons.map((_, index) => mesh.api(index));
const pids = mesh.daemons.map(({ ready }) => ready.pid);
const machine = machineOf();
console.log(`${machine}, ${devices} devices, TinyLlama-1.1B's shape with ${layers} layers\n`);

const before = await idleTime();
const measured = new Map<string, Watched[]>([...kinds.keys()].map((name) => [name, []]));
for (let round = 0; round <= rounds; round++) {
  // Whoever comes second in every round would have what the machine does by then.
  const order = round % 2 === 0 ? [...kinds] : [...kinds].reverse();
  for (const [name, names] of order) {
    const answer = await watched(names, apis, async () => {
      await wait(SETTLE_MILLISECONDS);
      return await measure(mesh, 16, tokens);
    });
    // The first round warms up.
    if (round > 0 && answer.threads !== undefined) {
      measured.get(name)?.push({ token: answer.decode, threads: answer.threads });
    }
  }
  console.error(round === 0 ? "  warmed up" : `  round ${round} of ${rounds}`);
}
const after = await idleTime();

const rows = [...measured].map(([name, results]) => ({ name, ...costOf(results, measured.get("nobody") ?? []) }));
console.log(table(
  ["watching", "a token, ms", ...threadKinds.map((kind) => `${kind}, ms`), "watching costs, ms", "of a token"],
  rows.map(({ name, token, threads, added, share }) => [
    name,
    token.toFixed(2),
    ...threadKinds.map((kind) => threads[kind].toFixed(2)),
    name === "nobody" ? "" : added.toFixed(2),
    name === "nobody" ? "" : `${(100 * share).toFixed(1)}%`,
  ]),
));
console.log(
  `processor time a second of all daemons without work: ${before.toFixed(1)} ms before anybody watched, ` +
    `${after.toFixed(1)} ms after all had gone`,
);
const result = { machine, devices, tokens, rounds, layers, idle: { before, after }, rows };
saveResult(join(out, "watching.json"), result, pictureOf(result));
await mesh[Symbol.asyncDispose]();
process.exit(0);

/**
 * Milliseconds of processor time that all daemons take a second while nobody asks anything: in the quietest of some stretches,
 * since copies in reserve may still be on their way.
 */
async function idleTime(): Promise<number> {
  let least = Infinity;
  for (let stretch = 0; stretch < STRETCHES && least > QUIET_MILLISECONDS * devices; stretch++) {
    const [began, from] = [performance.now(), await readThreads(pids)];
    await wait(1000 * idle);
    const taken = processorOf(usedBetween(from, await readThreads(pids))) / (performance.now() - began) * 1000;
    least = Math.min(least, taken);
  }
  return least;
}

async function wait(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
