/** Changes that a person wonders about, as text, and what they make of a problem. Pure: the mesh is not touched. */
import { type Objective, objectives } from "./problem.ts";
import { type SolverName, solverNames } from "./solvers.ts";
import { parseBytes, parseBytesPerSecond, parseMilliseconds } from "./units.ts";

/** One change. */
export type Change =
  | {
    readonly type: "add-device";
    readonly name?: string;
    readonly memoryBytes: number;
    /** Relative to the device named by `like`, or to the median device. */
    readonly speed: number;
    readonly like?: string;
    readonly trusted: boolean;
    readonly roundTripMilliseconds?: number;
    readonly bytesPerSecond?: number;
  }
  | { readonly type: "remove-device"; readonly name: string }
  | {
    readonly type: "link";
    /** "A-B" both ways, "A>B" one way: names may hold hyphens, so it takes the devices to tell them apart. */
    readonly ends: string;
    /** Both undefined: the link is cut. */
    readonly bytesPerSecond?: number;
    readonly roundTripMilliseconds?: number;
  }
  /** So many blocks on each device, in the order of the pipeline. */
  | { readonly type: "split"; readonly parts: readonly { readonly name: string; readonly blocks: number }[] }
  | { readonly type: "objective"; readonly objective: Objective }
  | { readonly type: "solver"; readonly solver: SolverName }
  | { readonly type: "shape"; readonly field: ShapeField; readonly value: number }
  | { readonly type: "private-layers"; readonly value: number }
  | { readonly type: "model"; readonly path: string };

export type ShapeField = "context" | "concurrency" | "load" | "promptTokens" | "outputTokens";

/** A change, or a sentence on what is wrong with the text. */
export type ParsedChange =
  | { readonly type: "change"; readonly change: Change }
  | { readonly type: "invalid"; readonly reason: string };

const shapeFields: Readonly<Record<string, ShapeField>> = {
  context: "context",
  concurrency: "concurrency",
  load: "load",
  prompt: "promptTokens",
  output: "outputTokens",
};

/** The longest change that is read. */
const mostCharacters = 1024;

const examples =
  "+device:memory=4GiB,speed=0.5  -device:NAME  link:A-B=50Mbps,5ms  link:A-B=none  split:A=12,B=14  objective=throughput  " +
  "solver=linear  concurrency=4  load=2  context=2048  prompt=512  output=128  private-layers=2  model=PATH";

/** Reads one change. */
export function parseChange(text: string): ParsedChange {
  if (text.length > mostCharacters) {
    return invalid(`The change is ${text.length} characters long; ${mostCharacters} is the most.`);
  }
  const trimmed = text.trim();
  if (trimmed.startsWith("+device:")) return parseAdded(trimmed.slice("+device:".length));
  if (trimmed.startsWith("-device:")) {
    const name = trimmed.slice("-device:".length).trim();
    return name === ""
      ? invalid(`"${text}" names no device: write -device:NAME.`)
      : found({ type: "remove-device", name });
  }
  if (trimmed.startsWith("split:")) return parseSplit(trimmed.slice("split:".length));
  if (trimmed.startsWith("link:")) return parseLink(trimmed.slice("link:".length));
  const [key = "", value = ""] = splitOnce(trimmed, "=");
  if (key === "model" && value !== "") return found({ type: "model", path: value });
  if (key === "objective") {
    const objective = objectives.find((each) => each === value);
    return objective === undefined
      ? invalid(`"${value}" is no objective: write one of ${objectives.join(", ")}.`)
      : found({ type: "objective", objective });
  }
  if (key === "solver") {
    const solver = solverNames.find((each) => each === value);
    return solver === undefined
      ? invalid(`"${value}" is no solver: write one of ${solverNames.join(", ")}.`)
      : found({ type: "solver", solver });
  }
  const field = Object.hasOwn(shapeFields, key) ? shapeFields[key] : undefined;
  if (field !== undefined || key === "private-layers") {
    if (!/^\d{1,9}$/.test(value)) return invalid(`"${text}": ${key} takes a whole number, not "${value}".`);
    return found(
      field === undefined
        ? { type: "private-layers", value: Number(value) }
        : { type: "shape", field, value: Number(value) },
    );
  }
  return invalid(`"${text}" is no change that is known. Examples: ${examples}`);
}

function parseAdded(text: string): ParsedChange {
  const parts = new Map<string, string>();
  for (const part of text.split(",")) {
    const [key = "", value = ""] = splitOnce(part.trim(), "=");
    if (!["memory", "speed", "name", "like", "trusted", "rtt", "bandwidth"].includes(key)) {
      return invalid(
        `"${part}" says nothing of a device: write memory=4GiB, speed=0.5, name=NAME, like=NAME, trusted, rtt=5ms or bandwidth=50Mbps.`,
      );
    }
    parts.set(key, value);
  }
  const memoryBytes = parseBytes(parts.get("memory") ?? "");
  if (memoryBytes === undefined) return invalid(`A new device needs its memory, as memory=4GiB, not "${text}".`);
  const speed = Number(parts.get("speed") ?? "1");
  if (!(speed > 0 && speed <= 1e6)) {
    return invalid(`A device's speed is a number above 0, not "${parts.get("speed")}".`);
  }
  const [rtt, bandwidth] = [parts.get("rtt"), parts.get("bandwidth")];
  const roundTripMilliseconds = rtt === undefined ? undefined : parseMilliseconds(rtt);
  if (rtt !== undefined && roundTripMilliseconds === undefined) return invalid(`"${rtt}" is no time: write rtt=5ms.`);
  const bytesPerSecond = bandwidth === undefined ? undefined : parseBytesPerSecond(bandwidth);
  if (bandwidth !== undefined && !(bytesPerSecond !== undefined && bytesPerSecond > 0)) {
    return invalid(`"${bandwidth}" is no bandwidth: write bandwidth=50Mbps.`);
  }
  const [name, like] = [parts.get("name"), parts.get("like")];
  return found({
    type: "add-device",
    memoryBytes,
    speed,
    trusted: parts.has("trusted") && parts.get("trusted") !== "false",
    ...(name === undefined ? {} : { name }),
    ...(like === undefined ? {} : { like }),
    ...(roundTripMilliseconds === undefined ? {} : { roundTripMilliseconds }),
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
  });
}

function parseSplit(text: string): ParsedChange {
  const parts = [];
  for (const part of text.split(",")) {
    const [, name, blocks] = part.trim().match(/^(.+)=(\d{1,6})$/) ?? [];
    if (name === undefined) return invalid(`"${part}" is no part of a split: write split:NAME=12,NAME=14.`);
    parts.push({ name, blocks: Number(blocks) });
  }
  return found({ type: "split", parts });
}

function parseLink(text: string): ParsedChange {
  const [ends = "", values = ""] = splitOnce(text, "=");
  if (ends === "" || values === "") {
    return invalid(`"link:${text}" is no link: write link:A-B=50Mbps,5ms or link:A-B=none.`);
  }
  if (values === "none") return found({ type: "link", ends });
  let bytesPerSecond: number | undefined;
  let roundTripMilliseconds: number | undefined;
  for (const value of values.split(",")) {
    const [speed, time] = [parseBytesPerSecond(value), parseMilliseconds(value)];
    if (speed !== undefined) bytesPerSecond = speed;
    else if (time !== undefined) roundTripMilliseconds = time;
    else return invalid(`"${value}" is neither a bandwidth (50Mbps, 6MB/s) nor a round trip (5ms).`);
  }
  if (bytesPerSecond === 0) return invalid(`A link of 0 bytes a second is none: write link:${ends}=none.`);
  return found({
    type: "link",
    ends,
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    ...(roundTripMilliseconds === undefined ? {} : { roundTripMilliseconds }),
  });
}

function splitOnce(text: string, by: string): string[] {
  const place = text.indexOf(by);
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + by.length)];
}

function found(change: Change): ParsedChange {
  return { type: "change", change };
}

function invalid(reason: string): ParsedChange {
  return { type: "invalid", reason };
}
