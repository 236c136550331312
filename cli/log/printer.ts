/** What a daemon has to say, as entries of its log: the same words that `skein up` prints, and how grave they are. */
import type { DaemonEvent } from "../../actors/daemon/mod.ts";
import { describeEvent } from "../../actors/inspector/describe.ts";
import { formatBytes } from "../../plans/mod.ts";
import { describeReturn } from "../return-output.ts";
import { memoryOf, type Printer, threadsSentence } from "../up-output.ts";
import type { Level } from "./entry.ts";
import type { Log } from "./log.ts";

/** Has a log take a daemon's words. */
export function logPrinter(log: Log, version: string): Printer {
  return {
    ready({ name, peerId, api, keyFile, addresses, pid, dataDir }) {
      const key = keyFile === undefined ? "" : `, which asks for the key in ${keyFile}`;
      const where = addresses.map((address) => address.split("/p2p/")[0]).join(", ");
      log.write("info", "ready", `Skein ${version}: ${name} (${peerId}) is up as process ${pid} on ${dataDir}`);
      log.write("info", "ready", `API at ${api}${key}; the mesh reaches it at ${where}`);
    },
    event(event) {
      const found = entryOf(event);
      if (found !== undefined) log.write(found.level, event.type, found.text);
    },
    // Progress says nothing afterwards; what became of it follows.
    fetchingModel() {},
    compiling() {},
    compiled({ name, blocks, quantization, notes = [] }) {
      const what = `${blocks.length} blocks, ${quantization}, ${formatBytes(memoryOf(blocks))} in memory`;
      log.write("info", "compiled", `model ${name}: ${what}; offered to the mesh`);
      for (const note of notes) log.write("info", "compiled", note);
    },
    stopping: (reason) => log.write("info", "stopped", `stopped (${reason})`),
  };
}

/** Gives each word to all of several printers. */
export function both(one: Printer, other: Printer): Printer {
  return {
    ready: (who) => (one.ready(who), other.ready(who)),
    event: (event) => (one.event(event), other.event(event)),
    fetchingModel: (done, total) => (one.fetchingModel(done, total), other.fetchingModel(done, total)),
    compiling: (...progress) => (one.compiling(...progress), other.compiling(...progress)),
    compiled: (manifest) => (one.compiled(manifest), other.compiled(manifest)),
    stopping: (signal) => (one.stopping(signal), other.stopping(signal)),
  };
}

interface Words {
  readonly level: Level;
  readonly text: string;
}

/** An event in words; undefined where it says nothing afterwards. */
function entryOf(event: DaemonEvent): Words | undefined {
  switch (event.type) {
    case "leader":
    case "segment":
    case "standby":
    case "mirror":
    case "released":
    case "discarded":
    case "plan":
    case "part":
    case "balance":
    case "waiting":
    case "peer":
      return { level: "info", text: describeEvent(event) };
    case "warning":
      return { level: "warn", text: describeEvent(event) };
    case "answer":
      return ofAnswer(event);
    case "fetching":
      return undefined;
    case "mesh":
      return ofMesh(event.event);
    case "threads":
      return { level: "info", text: threadsSentence(event) };
    case "returning":
      return { level: "info", text: describeReturn(event, Date.now()) };
    case "unused":
      return { level: "warn", text: `${event.reason} Switch all devices: skein use ${JSON.stringify(event.model)}` };
    case "leaving":
      return { level: "info", text: "leaving: others take over what runs here" };
    default:
      return event satisfies never;
  }
}

/** How an answer fares; never what it says. */
function ofAnswer(event: Extract<DaemonEvent, { type: "answer" }>): Words | undefined {
  const text = describeEvent(event);
  switch (event.stage) {
    case "began":
    case "reading":
    case "writing":
    case "left":
      return { level: "debug", text };
    case "ended":
      return { level: "info", text };
    case "interrupted":
    case "failed":
      return { level: "warn", text };
    case "going":
      return undefined;
    default:
      return event satisfies never;
  }
}

function ofMesh(event: Extract<DaemonEvent, { type: "mesh" }>["event"]): Words {
  switch (event.type) {
    case "refused":
    case "frame-rejected":
    case "discovery-failed":
    case "listener-failed":
    case "double":
      return { level: "warn", text: event.sentence };
    case "key-changed": {
      const out = event.forgotten.join(", ");
      return { level: "info", text: `the mesh has a new key, by ${event.by}${out === "" ? "" : `; out is ${out}`}` };
    }
    case "listening":
      return { level: "debug", text: `listens on ${event.addresses.join(", ")}` };
    case "discovered":
      return { level: "debug", text: `${event.device} heard of by ${event.via === "mdns" ? "mDNS" : "a member"}` };
    case "dialling":
      return { level: "debug", text: `dials ${event.target}, attempt ${event.attempt}` };
    case "dial-failed":
      return { level: "debug", text: `${event.sentence} (again in ${Math.round(event.retryMs)} ms)` };
    case "reconnecting":
      return { level: "debug", text: `dials ${event.device} again in ${Math.round(event.retryMs)} ms` };
    default:
      return event satisfies never;
  }
}
