/** Refuses nonsense: a problem is made of measurements that other machines report. */
import { batchRows } from "./batches.ts";
import { type Block, type Device, type Link, objectives, type Problem } from "./problem.ts";

/** More than any mesh or model that this is built for; keeps the tables of the solvers within memory. */
export const mostDevices = 512;
export const mostBlocks = 1024;
const mostPairs = 2 ** 17;

const mostBytes = 2 ** 50;
/** A block that takes an hour, a round trip of ten minutes: no measurement says that. */
const mostMilliseconds = 3_600_000;
const mostRoundTrip = 600_000;
const mostBytesPerSecond = 1e13;
const mostTokens = 2 ** 24;

/** Something that was left out of the problem, and why. */
export interface Refusal {
  readonly what: string;
  readonly reason: string;
}

/** A problem whose every number is sound, or why there is none. */
export type Checked =
  | { readonly type: "sound"; readonly problem: Problem; readonly refusals: readonly Refusal[] }
  | { readonly type: "invalid"; readonly reason: string };

/**
 * Checks every number. Devices and links that report nonsense are left out, with the reason; a model, a shape or a
 * policy that makes no sense leaves nothing to plan and is invalid.
 */
export function validate(problem: Problem): Checked {
  const reason = fault(problem);
  if (reason !== undefined) return { type: "invalid", reason };
  const refusals: Refusal[] = [];
  const devices = soundDevices(problem, refusals);
  const links = soundLinks(problem.links, new Set(devices.map(({ device }) => device)), refusals);
  const { current, ...rest } = problem;
  const currentFault = current === undefined ? undefined : faultOfCurrent(problem);
  if (currentFault !== undefined) refusals.push({ what: "the current plan", reason: currentFault });
  const kept = current !== undefined && currentFault === undefined ? { current } : {};
  return { type: "sound", problem: { ...rest, ...kept, devices, links }, refusals };
}

function fault({ blocks, devices, shape, objective, source, policy }: Problem): string | undefined {
  if (blocks.length === 0) return "The model has no blocks.";
  if (blocks.length > mostBlocks) return `The model has ${blocks.length} blocks; ${mostBlocks} is the most.`;
  if (devices.length > mostDevices) return `The mesh has ${devices.length} devices; ${mostDevices} is the most.`;
  if (blocks.length * devices.length > mostPairs) {
    return `${blocks.length} blocks on ${devices.length} devices are ${
      blocks.length * devices.length
    } pairs; ${mostPairs} is the most.`;
  }
  for (const [index, block] of blocks.entries()) {
    const wrong = faultOfBlock(block);
    if (wrong !== undefined) return `Block ${index} of the model ${wrong}.`;
  }
  const counts = [
    ["context", shape.context, 1],
    ["concurrency", shape.concurrency, 1],
    ["load", shape.load ?? 1, 1],
    ["prompt tokens", shape.promptTokens, 0],
    ["output tokens", shape.outputTokens, 1],
  ] as const;
  for (const [name, value, least] of counts) {
    if (!Number.isInteger(value) || value < least || value > mostTokens) {
      return `The request shape's ${name} must be a whole number from ${least} to ${mostTokens}, not ${value}.`;
    }
  }
  if (!objectives.includes(objective)) {
    return `The objective must be one of ${objectives.join(", ")}, not "${objective}".`;
  }
  const known = (id: string) => devices.some(({ device }) => device === id);
  if (source !== undefined && !known(source)) return `The source "${source}" is not among the devices.`;
  const layers = policy?.privateLayers ?? 0;
  if (!Number.isInteger(layers) || layers < 0) {
    return `The number of private layers must be a whole number, not ${layers}.`;
  }
  for (const { device, first, last } of policy?.pins ?? []) {
    if (!known(device)) return `A pin names "${device}", which is not among the devices.`;
    if (!Number.isInteger(first) || !Number.isInteger(last) || first < 0 || last < first || last >= blocks.length) {
      return `A pin names blocks ${first} to ${last}; the model has blocks 0 to ${blocks.length - 1}.`;
    }
  }
  return undefined;
}

function faultOfBlock({ weightBytes, kvBytesPerToken, activationBytes }: Block): string | undefined {
  if (!within(weightBytes, 0, mostBytes)) return `has weights of ${weightBytes} bytes`;
  if (!within(kvBytesPerToken, 0, mostBytes)) return `has a KV cache of ${kvBytesPerToken} bytes a token`;
  if (!within(activationBytes, 0, mostBytes)) return `passes on ${activationBytes} bytes a token`;
  return undefined;
}

function soundDevices({ devices, blocks, source }: Problem, refusals: Refusal[]): Device[] {
  const seen = new Set<string>();
  return devices.flatMap((device) => {
    const wrong = seen.has(device.device) ? "is there twice" : faultOfDevice(device, blocks.length);
    seen.add(device.device);
    if (wrong === undefined) return [device];
    refusals.push({ what: device.name, reason: `${device.name} ${wrong}: it gets no blocks` });
    // Prompts still enter at a source that cannot compute.
    const nothing = blocks.map(() => 0);
    return device.device === source && wrong !== "is there twice"
      ? [{
        ...device,
        usableBytes: 0,
        allowed: false,
        prefillMillisecondsPerToken: nothing,
        decodeMilliseconds: nothing,
      }]
      : [];
  });
}

function faultOfDevice(device: Device, blocks: number): string | undefined {
  if (!within(device.usableBytes, 0, mostBytes)) return `reports ${device.usableBytes} usable bytes`;
  if (device.stepFactors !== undefined && !areFactors(device.stepFactors)) {
    return `reports steps of several sequences that take ${device.stepFactors.join(", ")} times one`;
  }
  for (const [kind, times] of timesOf(device)) {
    if (times.length !== blocks) return `reports ${kind} times of ${times.length} blocks; the model has ${blocks}`;
    const bad = times.find((time) => !within(time, 0, mostMilliseconds));
    if (bad !== undefined) return `reports a ${kind} time of ${bad} ms`;
  }
  return undefined;
}

/** Factors come from a fit that keeps them in order, so what is not is nobody's measurement. */
function areFactors(factors: readonly number[]): boolean {
  return factors.length === batchRows.length && factors[0] === 1 &&
    factors.every((factor, at) => within(factor, factors[at - 1] ?? 1, 2 * (factors[at - 1] ?? 1)));
}

function timesOf(device: Device): readonly (readonly [string, readonly number[]])[] {
  return [["prefill", device.prefillMillisecondsPerToken], ["decode", device.decodeMilliseconds]];
}

function soundLinks(links: readonly Link[], known: ReadonlySet<string>, refusals: Refusal[]): Link[] {
  const seen = new Set<string>();
  return links.filter((link) => {
    const { from, to, roundTripMilliseconds, bytesPerSecond } = link;
    const pair = JSON.stringify([from, to]);
    if (from === to || !known.has(from) || !known.has(to) || seen.has(pair)) return false;
    seen.add(pair);
    const reason = !within(roundTripMilliseconds, 0, mostRoundTrip)
      ? `reports a round trip of ${roundTripMilliseconds} ms`
      : !(bytesPerSecond > 0) || !within(bytesPerSecond, 0, mostBytesPerSecond)
      ? `carries ${bytesPerSecond} bytes a second`
      : undefined;
    if (reason !== undefined) {
      refusals.push({ what: `${from} to ${to}`, reason: `The link from ${from} to ${to} ${reason}: it is not used` });
    }
    return reason === undefined;
  });
}

function faultOfCurrent({ current, blocks }: Problem): string | undefined {
  if (current === undefined) return undefined;
  if (current.devices.length !== blocks.length) {
    return `It places ${current.devices.length} blocks; the model has ${blocks.length}: changes cost nothing`;
  }
  if (!within(current.millisecondsPerByte, 0, mostMilliseconds)) {
    return `A change costs ${current.millisecondsPerByte} ms a byte: changes cost nothing`;
  }
  return undefined;
}

function within(value: number, least: number, most: number): boolean {
  return typeof value === "number" && value >= least && value <= most;
}
