/**
 * From a power cut to the first token: three real daemons on this machine are killed at once, while the mesh serves a model
 * split over them, and are started again with nothing but their data folders. Readers ask each of them from the moment that
 * its API is there, so the time from the start of the processes to the first text of an answer is what a person waits who
 * switched the power on again. Prints milliseconds, the median of all turns first, and the load of the machine.
 *
 *     deno run --allow-all --no-check bench/cold/main.ts [--model PATH] [--turns 5] [--events]
 */
import { loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import type { LaunchedDaemon } from "../../cli/launch.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { ended, startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import { readStream } from "../../tests/e2e/read-stream.ts";
import { median } from "../statistics.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    turns: { type: "string", default: "5" },
    events: { type: "boolean", default: false },
  },
});
const DEVICES = [0, 1, 2];
const PATIENCE_MILLISECONDS = 60_000;

function tell(what: string, times: readonly number[]): void {
  const all = times.map((time) => time.toFixed(0)).join(" ");
  process.stdout.write(
    `${what}: ${median([...times]).toFixed(0)} ms (${all})\n`,
  );
}

function watch({ onEvent, ready }: LaunchedDaemon, began: number): void {
  const at = () => (performance.now() - began).toFixed(0).padStart(6);
  process.stdout.write(`${at()} ${ready.name} is up\n`);
  onEvent((event) =>
    process.stdout.write(
      `${at()} ${ready.name} ${JSON.stringify(event).slice(0, 220)}\n`,
    )
  );
}

/** When the first text of an answer came, of `performance.now`; asks again where the mesh says that it cannot yet. */
async function firstText(api: string): Promise<number> {
  const end = performance.now() + PATIENCE_MILLISECONDS;
  for (let error: string | undefined; performance.now() < end;) {
    const read = await readStream(api, {
      prompt: "Once upon a time",
      max_tokens: 4,
      temperature: 0,
    });
    if (read.times[1] !== undefined) return read.times[1];
    if (read.error !== error && values.events) {
      process.stdout.write(`       an answer: ${error = read.error}\n`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(
    `There is no answer after ${PATIENCE_MILLISECONDS / 1000} s.`,
  );
}

await using mesh = await startLocalMesh(3, values.model ?? builtinModelPath(), [
  "--mirrors",
  "off",
]);
const blocks = await mesh.blocks();
const third = Math.floor(blocks / 3);
await mesh.split([blocks - 2 * third, third, third]);
const [answered, everywhere]: [number[], number[]] = [[], []];
for (let turn = 0; turn <= Number(values.turns); turn++) {
  for (const index of DEVICES) {
    await mesh.until(({ state }) => state.type === "active", index);
  }
  await new Promise((resolve) => setTimeout(resolve, 2000));
  for (const index of DEVICES) mesh.signal(index, "SIGKILL");
  for (const { ready } of mesh.daemons) await ended(ready.pid);
  const began = performance.now();
  const firsts = await Promise.all(DEVICES.map(async (index) => {
    const daemon = await mesh.restart(index);
    if (values.events) watch(daemon, began);
    return await firstText(mesh.api(index)) - began;
  }));
  // The first restart has their ports fixed, so that they find each other from the second on.
  if (turn === 0) continue;
  answered.push(Math.min(...firsts));
  everywhere.push(Math.max(...firsts));
}
tell("started again to the first text of an answer", answered);
tell("to the first text on the last of the three devices", everywhere);
process.stdout.write(
  `load averages ${loadavg().map((load) => load.toFixed(1)).join(" ")}\n`,
);
