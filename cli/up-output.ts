/** What skein up says: a few lines for people, or one JSON line per event. */
import { residentBytes } from "../models/elastic.ts";
import process from "node:process";
import * as v from "valibot";
import type { DaemonEvent } from "../actors/daemon/mod.ts";
import { describeEvent } from "../actors/inspector/describe.ts";
import type { Manifest } from "../models/manifest.ts";
import { formatBytes } from "../plans/mod.ts";
import { commandName } from "./command-name.ts";
import { describeReturn } from "./return-output.ts";
import { FetchProgress } from "./fetch-progress.ts";

/** Who a daemon is. */
export const Ready = v.object({
  name: v.string(),
  peerId: v.string(),
  api: v.string(),
  /** Where the API's key is, if it asks for one. */
  keyFile: v.optional(v.string()),
  addresses: v.array(v.string()),
  dataDir: v.string(),
  pid: v.number(),
});
export type Ready = v.InferOutput<typeof Ready>;

/** Where a daemon's words go. */
export interface Printer {
  ready(who: Ready): void;
  event(event: DaemonEvent): void;
  /** The model is on its way from elsewhere. */
  fetchingModel(doneBytes: number, totalBytes: number | undefined): void;
  compiling(model: string, block: number, blocks: number): void;
  compiled(manifest: Manifest): void;
  stopping(signal: string): void;
}

/** Makes a printer; `terminal` allows progress that overwrites its own line. Writes to stdout, unless told where to. */
export function eventPrinter(
  json: boolean,
  terminal: boolean,
  write: (text: string) => void = (text) => void process.stdout.write(text),
): Printer {
  return json ? jsonPrinter(write) : textPrinter(terminal, write);
}

function jsonPrinter(write: (text: string) => void): Printer {
  let fetched = -1;
  // The first line is "ready"; what happens while the daemon starts waits for it.
  let waiting: object[] | undefined = [];
  const line = (value: object): void => {
    if (waiting !== undefined) waiting.push(value);
    else write(`${JSON.stringify(value)}\n`);
  };
  return {
    ready(who) {
      const before = waiting ?? [];
      waiting = undefined;
      for (const value of [{ type: "ready", ...who }, ...before]) line(value);
    },
    // Answers are followed with `skein inspect --follow`; here they would bury all else.
    event: (event) => event.type === "answer" ? undefined : line(event),
    fetchingModel: (doneBytes, totalBytes) => {
      // A line a hundredth: as many as there are chunks would be a flood.
      const hundredth = totalBytes === undefined
        ? Math.floor(doneBytes / 1e8)
        : Math.floor(100 * doneBytes / totalBytes);
      if (hundredth === fetched) return;
      fetched = hundredth;
      line({ type: "fetching-model", doneBytes, totalBytes });
    },
    compiling: (model, block, blocks) => line({ type: "compiling", model, block, blocks }),
    compiled: ({ name, blocks, quantization, notes = [] }) =>
      line({ type: "compiled", model: name, blocks: blocks.length, quantization, bytes: memoryOf(blocks), notes }),
    stopping: (signal) => line({ type: "stopping", signal }),
  };
}

function textPrinter(terminal: boolean, write: (text: string) => void): Printer {
  let progressing = false;
  let lastPercent = -10;
  let name = "";
  let idle = false;
  let untold: DaemonEvent | undefined;
  const fetching = new FetchProgress();
  const say = (text: string): void => {
    write(progressing && terminal ? `\r\x1b[K${text}\n` : `${text}\n`);
    progressing = false;
  };
  // Once is enough: who came to split a model learns how. What it is called is said when it is up.
  const teach = (event?: DaemonEvent): void => {
    if (event?.type === "part") untold = event;
    if (name === "" || idle || untold === undefined) return;
    const hint = trial(untold, name);
    if (hint !== undefined) say(`  ${hint}`);
    idle ||= hint !== undefined;
    untold = undefined;
  };
  const progress = (text: string, part: number): void => {
    const percent = Math.floor(part * 100);
    if (percent < lastPercent) lastPercent = -10;
    // Where lines cannot be overwritten, a line every tenth is enough.
    if (!terminal && percent - lastPercent < 10 && percent < 100) return;
    if (percent === lastPercent) return;
    lastPercent = percent;
    write(terminal ? `\r\x1b[K${text} ${percent}%` : `${text} ${percent}%\n`);
    progressing = terminal;
  };
  return {
    ready(who) {
      name = who.name;
      say(`${who.name} is up (${who.peerId})`);
      say(`  api     ${who.api}${who.keyFile === undefined ? "" : ` (asks for the key in ${who.keyFile})`}`);
      say(`  page    ${who.api}/ (skein open shows it)`);
      say(`  data    ${who.dataDir}`);
      say(`  invite  ${commandName()} invite --data-dir "${who.dataDir}"`);
      teach();
    },
    fetchingModel(done, total) {
      const text = fetching.describe(done, total, performance.now());
      progress(`  fetching ${text},`, total === undefined ? 0 : done / total);
    },
    compiling: (model, block, blocks) => progress(`  compiling ${model}`, block / blocks),
    compiled({ name, blocks, quantization, notes = [] }) {
      const what = `${blocks.length} blocks, ${quantization}, ${formatBytes(memoryOf(blocks))} in memory`;
      say(`  model ${name}: ${what}; offered to the mesh`);
      for (const note of notes) say(`  note: ${note}`);
    },
    stopping: (signal) => say(`  stopped (${signal})`),
    event(event) {
      const text = sentence(event);
      if (event.type === "fetching") {
        progress(`  fetching blocks from ${event.from}`, event.doneBytes / event.totalBytes);
      } else if (text !== undefined) say(`  ${text}`);
      teach(event);
    },
  };
}

/** How to have a device take part that has nothing to do beside one that does all. */
function trial(event: DaemonEvent, name: string): string | undefined {
  if (event.type !== "part" || event.runs.length > 0 || event.planner === "pinned") return undefined;
  const [other, ...more] = event.on;
  if (other === undefined || other === name || more.length > 0 || event.blocks < 2) return undefined;
  const half = Math.ceil(event.blocks / 2);
  return `to try it all the same: skein plan --split ${other}=${half},${name}=${
    event.blocks - half
  } (--auto undoes it)`;
}

/** What a model's blocks take when they are loaded, in bytes. */
export function memoryOf(blocks: Manifest["blocks"]): number {
  return blocks.reduce((sum, block) => sum + residentBytes(block), 0);
}

/** An event in words, or undefined where it is not worth a line. */
function sentence(event: DaemonEvent): string | undefined {
  switch (event.type) {
    case "peer":
      return event.change === "up" ? `+ ${event.name}` : `- ${event.name}: ${event.reason ?? "gone"}`;
    case "segment":
    case "standby":
    case "mirror":
    case "released":
    case "discarded":
    case "plan":
    case "part":
    case "balance":
    case "waiting":
      return describeEvent(event);
    case "threads":
      return threadsSentence(event);
    case "warning":
      return `! ${event.message}`;
    case "mesh":
      return ["refused", "frame-rejected", "discovery-failed", "listener-failed", "double"].includes(
          event.event.type,
        ) &&
          "sentence" in event.event
        ? `! ${event.event.sentence}`
        : undefined;
    case "leader":
    case "fetching":
    case "answer":
      return undefined;
    case "returning":
      return describeReturn(event, Date.now());
    case "unused":
      return `! ${event.reason} Switch all devices: skein use ${JSON.stringify(event.model)}`;
    case "leaving":
      return "leaving: others take over what runs here (tell it once more to go at once)";
    default:
      return event satisfies never;
  }
}

/** With how many threads the device computes, and why. */
export function threadsSentence({ threads, trials }: Extract<DaemonEvent, { type: "threads" }>): string {
  const fastest = Math.min(...trials.map(({ rates }) => rates.decodeNanosecondsPerByte));
  const relative = trials.map((trial) => {
    return `with ${trial.threads} ${(trial.rates.decodeNanosecondsPerByte / fastest).toFixed(2)}`;
  });
  return `computes with ${threads} ${threads === 1 ? "thread" : "threads"}, as measured (a token's time: ${
    relative.join(", ")
  })`;
}
