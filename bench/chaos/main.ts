/**
 * Torments a mesh of real daemons while people read: devices are killed, frozen, stopped and joined, by a seed, and every
 * reader must get the very text that an undisturbed one gets. Prints tables, writes JSON, FILE.svg beside it, and a log of everything that
 * happened; exits with 1 where a reader got something else, or something is left over.
 *
 *     npm run bench:chaos -- [--seconds 240 | --until-faults N] [--seed 1] [--devices 4] [--every 6] [--holders 1] [--model builtin|PATH] [--readers 3] [--tokens 150]
 *                            [--faults kill,leader,two,freeze,term,join,leave] [--up "--objective latency"]
 *                            [--json FILE] [--log FILE]
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import { machineOf, saveResult } from "../picture/save.ts";
import { chooseFault, type Fault, type Scene } from "./faults.ts";
import { gapsOf, type Struck } from "./gaps.ts";
import { leftoversOf } from "./leftovers.ts";
import { type Log, noteLateness, openLog } from "./log.ts";
import { MemoryWatch } from "./memory.ts";
import { type ChaosOptions, readOptions } from "./options.ts";
import { pictureOf } from "./picture.ts";
import { questionsOf } from "./questions.ts";
import { chance } from "./random.ts";
import { readOn } from "./readers.ts";
import { type ChaosResult, describe, isClean, type Run, summarise } from "./report.ts";
import { Field, lives } from "./strike.ts";

const options = readOptions(
  process.argv.slice(2),
  fileURLToPath(new URL("../out/", import.meta.url)),
);
const result = await torment(options);
console.log(describe(result));
const where = `${machineOf()}; seed ${options.seed}, ${options.devices} devices, ${result.minutes.toFixed(1)} minutes`;
saveResult(options.json, result, pictureOf(result.waits, where));
process.exit(isClean(result) ? 0 : 1);

async function torment(options: ChaosOptions): Promise<ChaosResult> {
  const beganAt = performance.now();
  const log = openLog(options.log, beganAt);
  const mesh = await startLocalMesh(options.devices, options.model, options.up, {
    holders: Array.from({ length: options.holders }, (_, index) => index),
    spread: false,
    patience: 600_000,
  });
  const field = new Field(mesh, log, options.holders);
  const watch = new MemoryWatch(() =>
    mesh.daemons.flatMap((daemon, index) => mesh.isUp(index) ? [{ device: `d${index}`, pid: daemon.ready.pid }] : [])
  );
  try {
    const run = { ...await readWhileStriking(field, options, log), options, beganAt };
    const leftovers = await leftoversOf(mesh, field.readable);
    const memory = watch.stop();
    field.close();
    const pids = mesh.daemons.map(({ ready }) => ready.pid);
    await mesh[Symbol.asyncDispose]();
    const strays = [...field.strays, ...pids.filter(lives).map((pid) => `the process ${pid} is still there`)];
    return summarise({ ...run, leftovers, strays, memory });
  } finally {
    watch.stop();
    field.close();
    await mesh[Symbol.asyncDispose]();
    await log.close();
  }
}

/** Has readers read until all faults have struck; everybody is back afterwards. */
async function readWhileStriking(
  field: Field,
  options: ChaosOptions,
  log: Log,
): Promise<Pick<Run, "answers" | "gaps" | "minutes" | "lateMilliseconds">> {
  const questions = await questionsOf(field, options);
  const punctual = noteLateness(log);
  const over = new AbortController();
  let streams = 0;
  const began = performance.now();
  const reading = Array.from({ length: options.readers }, (_, reader) => {
    const by = chance(options.seed * 1000 + reader + 1);
    return readOn(field, questions, { by, log, until: over.signal, number: () => ++streams });
  });
  const faults = await strikeOn(field, options, log);
  over.abort();
  const answers = (await Promise.all(reading)).flat();
  await field.settled();
  const lateMilliseconds = punctual();
  const seen = answers.map(({ stream, device, read: { times } }) => ({ stream, device, times }));
  return { answers, gaps: gapsOf(faults, seen), minutes: (performance.now() - began) / 60_000, lateMilliseconds };
}

/** Strikes every few seconds until time is up; returns what struck. */
async function strikeOn(
  field: Field,
  { seconds, untilFaults, seed, every, faults }: ChaosOptions,
  log: Log,
): Promise<Struck[]> {
  const by = chance(seed);
  const struck: Struck[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end && struck.length < untilFaults) {
    await new Promise((resolve) => setTimeout(resolve, by.between(every * 700, every * 1300)));
    const [kind, scene] = [by.of(faults), await field.scene()];
    const fault = chooseFault(kind, scene, by);
    if (fault === undefined) continue;
    const at = performance.now();
    field.strike(fault);
    struck.push({
      kind,
      at,
      what: wordsOf(fault, scene),
      devices: fault.devices,
    });
    log.note("driver", {
      type: "fault",
      what: wordsOf(fault, scene),
      ...fault,
    });
    console.error(
      `  fault ${struck.length}, ${((end - at) / 1000).toFixed(0)} s to go at most: ${wordsOf(fault, scene)}`,
    );
  }
  return struck;
}

function wordsOf(fault: Fault, { roles }: Scene): string {
  const who = fault.devices.map((device) => `d${device} (${roles.get(device)?.join(", ") || "guest"})`);
  return [fault.kind, ...who].join(" ");
}
