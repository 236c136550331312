/** From what the mesh reports to a problem for `plans/`, and from its answer to assignments. Pure. */
import { residentBytes } from "../../models/elastic.ts";
import type { Block, Manifest } from "../../models/manifest.ts";
import {
  type Block as PlannedBlock,
  cacheTokensOf,
  type CapacityProblem,
  type CurrentPlan,
  type Device,
  fitFactors,
  isPrivate,
  type Link,
  mayHold,
  median,
  placeCounts,
  type Placement,
  type Problem,
  type RequestShape,
  type Run,
  typicalRequest,
} from "../../plans/mod.ts";
import type { ActivePlan } from "../plan.ts";
import { decodeGuess, prefillGuess, type Ratios, ratiosOf } from "./estimates.ts";
import type { Offer } from "./knowledge.ts";
import { names, type ServingPolicy, type Split } from "./policy.ts";
import type { DeviceReport } from "./protocol.ts";
import type { SolveRequest } from "./solver.ts";

/** What a step takes beyond its blocks, until it has been measured. */
const UNMEASURED_OVERHEAD_MILLISECONDS = 0.5;
/** Requests that share the price of a move: so many that only plans which are nearly equal are told apart by it. */
export const REQUESTS_PER_MOVE = 1000;
/** The same where no plan works: nobody reads on before what is missing has been fetched, so it is fetched in a calm hour. */
const REQUESTS_PER_RESCUE = 20;
/** Answers at once that are expected where nothing is known: a household, or an agent with its helpers. */
const USUAL_LOAD = 4;
/** What a link is taken for until it has been measured: a modest home network. */
const UNMEASURED = { roundTripMilliseconds: 5, bytesPerSecond: 10e6 } as const;

/** Whole contexts that the caches hold where the owner says nothing: a few long answers, or many short ones. */
const USUAL_CONTEXTS = 4;

/** Positions, sequences and tokens that caches are sized for. */
export function shapeOf(manifest: Manifest, policy: ServingPolicy): RequestShape {
  const { concurrency, cacheTokens } = policy;
  const context = Math.min(policy.context, manifest.architecture.context);
  const wanted = { context, concurrency, cacheTokens: cacheTokens ?? USUAL_CONTEXTS * context };
  return { context, concurrency, cacheTokens: cacheTokensOf(wanted) };
}

/** Bytes that a device keeps for something else than the model that is placed, such as another model. */
export type Reserved = (device: string) => number;
const nothingReserved: Reserved = () => 0;

/** The part of the problem that is about memory. */
export function capacityOf(
  manifest: Manifest,
  devices: readonly DeviceReport[],
  shape: RequestShape,
  reserved: Reserved = nothingReserved,
): CapacityProblem {
  return {
    blocks: manifest.blocks.map((block) => costOf(block)),
    devices: devices.map((report) => ({
      device: report.device,
      name: report.name,
      usableBytes: usableOf(report, reserved),
    })),
    shape,
  };
}

/** What a problem is made for, beyond the model and the devices. */
export interface Circumstances {
  /** The plan in force: what it does not hold has to move. Default: none. */
  readonly inForce?: ActivePlan | undefined;
  /** Whether that stays loaded until the next one is, so that there must be room for both. Default: false. */
  readonly stays?: boolean;
  /** A plan that has lost a device: the others hold their parts of it still. Default: none. */
  readonly broken?: ActivePlan | undefined;
  /** The blocks that a device has on disk. Default: none. */
  readonly onDisk?: (device: string) => ReadonlySet<number>;
  /** How far trials are from what the model's layers take on devices on which they have run. Default: not known. */
  readonly usual?: Ratios;
  /** Default: nothing. */
  readonly reserved?: Reserved;
  /** The most answers that were under way at once lately. Default: not known. */
  readonly recentPeak?: number | undefined;
}

/** The whole problem: memory, measured times, links, policy. Private blocks may be on who holds all of the model. */
export function problemOf(
  { manifest, policy, holders }: Offer,
  devices: readonly DeviceReport[],
  around: Circumstances = {},
): Problem {
  const { reserved = nothingReserved, usual: ratios = { decode: undefined, prefill: undefined } } = around;
  const usual = { ...ratios, overhead: median(devices.flatMap((report) => report.overheadMilliseconds ?? [])) };
  const current = currentOf(manifest, holders, devices, around);
  const owner = devices.find(({ device }) => holders.has(device));
  return {
    blocks: blocksOf(manifest),
    devices: devices.map((report) => {
      return deviceOf(manifest, report, { policy, usableBytes: usableOf(report, reserved), usual });
    }),
    links: linksOf(devices),
    shape: { ...shapeOf(manifest, policy), ...typicalRequest, load: expectedLoad(policy, around.recentPeak) },
    objective: policy.objective === "even" ? "latency" : policy.objective,
    ...(owner !== undefined && (policy.privateLayers > 0 || policy.privateHead) ? { source: owner.device } : {}),
    policy: { privateLayers: policy.privateLayers, privateHead: policy.privateHead },
    ...(current === undefined ? {} : { current }),
  };
}

/**
 * Answers at once that a throughput is made for: what was under way lately, as a power of two, so that a plan does not change
 * with every reader; a few where nobody has read yet. `--concurrency` only says how many may be.
 */
export function expectedLoad({ concurrency }: ServingPolicy, recentPeak = 0): number {
  return Math.min(concurrency, Math.max(USUAL_LOAD, 2 ** Math.ceil(Math.log2(Math.max(1, recentPeak)))));
}

/** What the planner is asked: the best plan now, and what the plan in force would do, if there is one. */
export function questionOf(
  offer: Offer,
  devices: readonly DeviceReport[],
  circumstances: Circumstances = {},
): Pick<SolveRequest, "problem" | "solver" | "current"> {
  const { inForce } = circumstances;
  const { solver } = offer.policy;
  return {
    problem: problemOf(offer, devices, circumstances),
    ...(solver === undefined ? {} : { solver }),
    ...(inForce === undefined ? {} : { current: runsOf(inForce) }),
  };
}

/** What each device runs. Two segments of one device, one behind the other, are one run to the planner. */
function runsOf({ segments }: ActivePlan): Run[] {
  const runs: { device: string; first: number; last: number }[] = [];
  for (const { device, first, last } of segments) {
    const before = runs.at(-1);
    if (before?.device === device && before.last + 1 === first) before.last = last;
    else runs.push({ device, first, last });
  }
  return runs;
}

/** The price of leaving the plan in force: the time that fetching a byte takes, shared among those who profit. */
function currentOf(
  { id, blocks }: Manifest,
  holders: ReadonlySet<string>,
  devices: readonly DeviceReport[],
  { inForce, stays = false, broken, onDisk }: Circumstances,
): CurrentPlan | undefined {
  const plan = inForce ?? broken;
  if (plan === undefined || plan.model.id !== id) return undefined;
  const speeds = devices.flatMap(({ links }) => links.map(({ bytesPerSecond }) => bytesPerSecond));
  const bytesPerSecond = median(speeds.filter((speed) => speed > 0)) ?? UNMEASURED.bytesPerSecond;
  return {
    devices: blocks.map((_, block) => {
      return plan.segments.find(({ first, last }) => first <= block && block <= last)?.device ?? "";
    }),
    stored: [...holders],
    stays: stays && inForce !== undefined,
    ...(onDisk === undefined ? {} : { onDisk: new Map(devices.map(({ device }) => [device, onDisk(device)])) }),
    millisecondsPerByte: 1000 / bytesPerSecond / (inForce === undefined ? REQUESTS_PER_RESCUE : REQUESTS_PER_MOVE),
  };
}

function usableOf({ device, usableBytes }: DeviceReport, reserved: Reserved): number {
  return Math.max(0, usableBytes - reserved(device));
}

/** A model's blocks with what crosses the wire behind each: a hidden state at float32, or a token id. */
export function blocksOf({ blocks, architecture }: Manifest): PlannedBlock[] {
  return blocks.map((block) => ({
    ...costOf(block),
    activationBytes: block.kind === "head" ? 4 : architecture.width * Float32Array.BYTES_PER_ELEMENT,
  }));
}

function costOf(block: Block) {
  return {
    kind: block.kind,
    weightBytes: residentBytes(block),
    kvBytesPerToken: block.kind === "layer" ? block.kvBytesPerToken : 0,
  };
}

/** What is known of devices on which a model has run, for those on which it has not. */
type Usual = Ratios & { readonly overhead: number | undefined };

/**
 * A device's times: measured where a block has run there, else estimated from its rates and how it has done so far, or how
 * others have where nothing has run there.
 */
function deviceOf(
  manifest: Manifest,
  report: DeviceReport,
  { policy, usableBytes, usual }: {
    readonly policy: ServingPolicy;
    readonly usableBytes: number;
    readonly usual: Usual;
  },
): Device {
  const { device, name, rates } = report;
  const work = report.work.find(({ model }) => model === manifest.id);
  const measured = new Map(work?.blocks.map((block) => [block.index, block]) ?? []);
  const own = ratiosOf(manifest, report);
  const [decodeRatio, prefillRatio] = [own.decode ?? usual.decode ?? 1, own.prefill ?? usual.prefill ?? 1];
  const decodeOf = (index: number) => measured.get(index)?.decodeMilliseconds;
  const ratioOf = ({ kind }: Block) => (kind === "embed" ? own.lookUp ?? usual.lookUp : undefined) ?? decodeRatio;
  const prefillOf = (index: number) => measured.get(index)?.prefillMillisecondsPerToken;
  // Every plan has one head: what a token's loop takes beyond the blocks is counted there.
  const overhead = ({ kind }: Block) => {
    return kind === "head" ? report.overheadMilliseconds ?? usual.overhead ?? UNMEASURED_OVERHEAD_MILLISECONDS : 0;
  };
  return {
    device,
    name,
    usableBytes,
    decodeMilliseconds: manifest.blocks.map((block) => {
      return (decodeOf(block.index) ?? decodeGuess(block, rates) * ratioOf(block)) + overhead(block);
    }),
    prefillMillisecondsPerToken: manifest.blocks.map((block) =>
      prefillOf(block.index) ?? prefillGuess(block, rates) * prefillRatio
    ),
    stepFactors: fitFactors(
      work?.batches?.map(({ rows, steps, layerMilliseconds }) => ({ rows, steps, milliseconds: layerMilliseconds })) ??
        [],
    ),
    trusted: names(policy.trusted, report),
    allowed: (policy.only.length === 0 || names(policy.only, report)) && !names(policy.exclude, report),
  };
}

/** Every ordered pair that is connected: as measured, as measured the other way, or as a home network is. */
function linksOf(devices: readonly DeviceReport[]): Link[] {
  const measured = (to: DeviceReport, from: string) => to.links.find((link) => link.from === from);
  return devices.flatMap((from) =>
    devices.filter((to) => to.peers.includes(from.device) || from.peers.includes(to.device)).map((to) => {
      const known = measured(to, from.device) ?? measured(from, to.device) ?? UNMEASURED;
      const { roundTripMilliseconds, bytesPerSecond } = known;
      return { from: from.device, to: to.device, roundTripMilliseconds, bytesPerSecond };
    })
  );
}

/** Places a model as a person pinned it. */
export function placePinned(
  manifest: Manifest,
  devices: readonly DeviceReport[],
  shape: RequestShape,
  pinned: Split,
  reserved: Reserved = nothingReserved,
): Placement {
  const chosen: DeviceReport[] = [];
  for (const { device: wanted } of pinned) {
    const matches = devices.filter((report) => names([wanted], report));
    const [match] = matches;
    if (match === undefined) {
      const known = devices.map(({ name }) => name).join(", ");
      return { type: "infeasible", reason: `The split names "${wanted}"; the mesh has ${known}.` };
    }
    if (matches.length > 1) {
      return {
        type: "infeasible",
        reason: `Two devices are called "${wanted}": give the peer id, or start one with another --name.`,
      };
    }
    if (chosen.includes(match)) return { type: "infeasible", reason: `The split names "${wanted}" twice.` };
    chosen.push(match);
  }
  return placeCounts(capacityOf(manifest, chosen, shape, reserved), pinned.map(({ blocks }) => blocks));
}

/** Why a placement that the planner did not make would break the owner's wishes, a sentence; undefined where it would not. */
export function breachOf(problem: Problem, segments: readonly Run[]): string | undefined {
  for (const { device, first, last } of segments) {
    const index = problem.devices.findIndex((candidate) => candidate.device === device);
    for (let block = first; block <= last; block++) {
      if (mayHold(problem, index, block)) continue;
      const name = problem.devices[index]?.name ?? device;
      return isPrivate(problem, block)
        ? `${name} would hold block ${block}, which --private-layers or --private-head keeps on the device that offers ` +
          `the model and on those named by --trusted.`
        : `${name} would hold block ${block}, but --only or --exclude keeps it out.`;
    }
  }
  return undefined;
}
