/** What the driver is asked to do. */
import { parseArgs } from "node:util";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { type FaultKind, FAULTS } from "./faults.ts";

export interface ChaosOptions {
  /** Time is up after so long, or after `untilFaults`, whichever comes first. */
  readonly seconds: number;
  /** Faults that are enough. Default: as many as there is time for. */
  readonly untilFaults: number;
  readonly seed: number;
  readonly devices: number;
  /** How many of the devices have the model's file. */
  readonly holders: number;
  /** Seconds from fault to fault, more or less; a part of one will do. */
  readonly every: number;
  /** Path of the model's file. */
  readonly model: string;
  /** Answers being read at once. */
  readonly readers: number;
  /** Tokens of an answer, at most. */
  readonly tokens: number;
  readonly faults: readonly FaultKind[];
  /** More arguments of every daemon. */
  readonly up: readonly string[];
  /** Where the result goes as JSON. */
  readonly json: string;
  /** Where everything that happened goes, a line an event. */
  readonly log: string;
}

/** Reads a command line. @throws {TypeError} that names what is wrong with it. */
export function readOptions(
  args: readonly string[],
  out: string,
): ChaosOptions {
  const { values } = parseArgs({
    args: joined(args),
    options: {
      seconds: { type: "string" },
      "until-faults": { type: "string" },
      seed: { type: "string", default: "1" },
      devices: { type: "string", default: "4" },
      model: { type: "string", default: "builtin" },
      holders: { type: "string", default: "1" },
      every: { type: "string", default: "6" },
      readers: { type: "string", default: "3" },
      tokens: { type: "string", default: "150" },
      faults: { type: "string", default: FAULTS.join(",") },
      up: { type: "string", default: "" },
      json: { type: "string", default: `${out}chaos.json` },
      log: { type: "string", default: `${out}chaos.events.jsonl` },
    },
  });
  const { "until-faults": enough } = values;
  // Whoever asks for so many faults waits for them.
  const time = values.seconds ?? (enough === undefined ? "240" : "86400");
  return {
    seconds: whole("seconds", time, 1),
    untilFaults: enough === undefined ? Infinity : whole("until-faults", enough, 1),
    seed: whole("seed", values.seed, 0),
    devices: whole("devices", values.devices, 2),
    holders: whole("holders", values.holders, 1),
    every: positive("every", values.every),
    model: values.model === "builtin" ? builtinModelPath() : values.model,
    readers: whole("readers", values.readers, 1),
    tokens: whole("tokens", values.tokens, 2),
    faults: values.faults.split(",").map(faultKind),
    up: values.up.split(" ").filter((word) => word !== ""),
    json: values.json,
    log: values.log,
  };
}

/** The arguments, with those of daemons, which look like options, joined to their own. */
function joined(args: readonly string[]): string[] {
  const at = args.indexOf("--up");
  const more = args[at + 1];
  return at < 0 || more === undefined ? [...args] : [...args.slice(0, at), `--up=${more}`, ...args.slice(at + 2)];
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new TypeError(
    `Cannot use --${name} ${text}: it is a whole number from ${least} on.`,
  );
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new TypeError(`Cannot use --${name} ${text}: it is a number above 0.`);
}

function faultKind(name: string): FaultKind {
  const kind = FAULTS.find((known) => known === name);
  if (kind !== undefined) return kind;
  throw new TypeError(
    `Cannot use the fault "${name}"; known are ${FAULTS.join(", ")}.`,
  );
}
