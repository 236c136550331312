/** What each level of an elastic model takes on a plan: little enough to travel with it. Pure. */
import { firstTokenMilliseconds } from "./first-token.ts";
import { usualFactors } from "./batches.ts";
import { levelShares } from "./level-shares.ts";
import { predict } from "./predict.ts";
import type { LinkPrediction } from "./stages.ts";
import type { Device, Problem, Run } from "./problem.ts";

/** How the layers of a model are sliced, and what devices have found that slices take. */
export interface Slicing {
  /** Levels that the model has: the highest is the whole. */
  readonly levels: number;
  /** Whether a block is made of slices, all of one size: below the highest level it runs in part. */
  readonly isSliced: (block: number) => boolean;
  /** Bytes of its weights that a step at a level reads. */
  readonly bytesOf: (block: number, level: number) => number;
  /**
   * The share of its whole time that a sliced layer takes on a device at a level, where that has been measured. Default: see
   * `level-shares.ts`.
   */
  readonly measured?: (device: string, level: number) => MeasuredShare | undefined;
}

/** Of the time that a layer takes with all of its slices, 0 to 1. */
export interface MeasuredShare {
  readonly decode?: number | undefined;
  readonly prefill?: number | undefined;
}

/** What a level takes, for an answer by itself. All in milliseconds. */
export interface LevelTimes {
  readonly level: number;
  /** Bytes of the weights that belong to it, on all devices together. */
  readonly weightBytes: number;
  /** Computing of a decode step, on all devices one after another. */
  readonly computeMilliseconds: number;
  /** The same on the device, or over the link, that takes longest. */
  readonly slowestMilliseconds: number;
  /** Of a prompt whatever its length: round trips and the head. */
  readonly firstMilliseconds: number;
  /** Of each of its first 128 tokens, which pass all devices one after another. */
  readonly tokenMilliseconds: number;
  /** Of each further one: several chunks of 128 are under way at once. */
  readonly laterTokenMilliseconds: number;
}

/** What the levels of a model take on a plan. */
export interface ElasticTimes {
  /** Devices one behind the other: so many groups of answers are under way at once. */
  readonly stages: number;
  /** What a token's way takes over all links, in milliseconds, at any level: hidden states have one width. */
  readonly linkMilliseconds: number;
  /** Times of a step of 1, 2, 4, 8 and 16 rows, in steps of one, on the device whose step takes longest. */
  readonly stepFactors: readonly number[];
  /** From the least to the whole. */
  readonly levels: readonly LevelTimes[];
}

/** Tokens of a chunk: see `first-token.ts`. */
const CHUNK = 128;

/**
 * What each level takes on runs that are in force. Whether they would be allowed to be is not asked: memory and wishes may
 * have changed since. Undefined where devices or links of them are not in the problem.
 */
export function elasticTimes(problem: Problem, runs: readonly Run[], slicing: Slicing): ElasticTimes | undefined {
  const predicted = predict(timesOnly(problem), runs);
  if (predicted.type === "impossible") return undefined;
  const { links, stages } = predicted.prediction;
  const entry = predicted.prediction.ttftMilliseconds - firstTokenMilliseconds(timesOnly(problem), stages, links);
  const placed = runs.map((run) => ({ run, shares: sharesOn(run.device, slicing) }));
  const levels = levelsIn(slicing).map((level) => {
    const parts = placed.map((each) => partOf(problem, each, level, slicing));
    return { level, ...timesOf(parts, links, entry) };
  });
  const slowest = stages.reduce((a, b) => b.decodeMilliseconds > a.decodeMilliseconds ? b : a);
  return {
    stages: runs.length,
    linkMilliseconds: links.reduce((sum, { decodeMilliseconds }) => sum + decodeMilliseconds, 0),
    stepFactors: deviceOf(problem, slowest.device).stepFactors ?? usualFactors,
    levels,
  };
}

/** What a run takes at a level: of a decode step, of a token of a prompt, and of any prompt once. */
interface Part {
  readonly weightBytes: number;
  readonly decode: number;
  readonly token: number;
  readonly once: number;
}

/** The problem without what would forbid a plan, for a prompt of one token and a request by itself. */
function timesOnly({ source, objective: _, current: __, policy: ___, ...problem }: Problem): Problem {
  return {
    ...problem,
    ...(source === undefined ? {} : { source }),
    objective: "latency",
    devices: problem.devices.map((device) => ({ ...device, allowed: true, usableBytes: Number.MAX_SAFE_INTEGER })),
    shape: { ...problem.shape, promptTokens: 1, load: 1 },
  };
}

function deviceOf({ devices }: Problem, id: string): Device {
  return devices.find(({ device }) => device === id) as Device;
}

function levelsIn({ levels }: Slicing): number[] {
  return Array.from({ length: levels }, (_, index) => index + 1);
}

/** Of the time that a sliced layer takes as a whole on a device, by level. */
interface Shares {
  readonly decode: readonly number[];
  readonly prefill: readonly number[];
}

function sharesOn(device: string, slicing: Slicing): Shares {
  const of = (kind: keyof MeasuredShare) => {
    const known = levelsIn(slicing).flatMap((level): [number, number][] => {
      const share = slicing.measured?.(device, level)?.[kind];
      return share === undefined ? [] : [[level, share]];
    });
    return levelShares(slicing.levels, new Map(known));
  };
  return { decode: of("decode"), prefill: of("prefill") };
}

function partOf(
  problem: Problem,
  { run: { device: id, first, last }, shares }: { readonly run: Run; readonly shares: Shares },
  level: number,
  slicing: Slicing,
): Part {
  const device = deviceOf(problem, id);
  const part = { weightBytes: 0, decode: 0, token: 0, once: 0 };
  for (const [offset, { kind }] of problem.blocks.slice(first, last + 1).entries()) {
    const block = first + offset;
    // What is always whole takes as long at every level.
    const [decode = 1, prefill = 1] = slicing.isSliced(block)
      ? [shares.decode[level - 1], shares.prefill[level - 1]]
      : [];
    const decodeMilliseconds = decode * (device.decodeMilliseconds[block] ?? 0);
    part.weightBytes += slicing.bytesOf(block, level);
    part.decode += decodeMilliseconds;
    if (kind === "head") part.once += decodeMilliseconds;
    else part.token += prefill * (device.prefillMillisecondsPerToken[block] ?? 0);
  }
  return part;
}

function timesOf(parts: readonly Part[], links: readonly LinkPrediction[], entry: number): Omit<LevelTimes, "level"> {
  const sum = (of: (part: Part) => number) => parts.reduce((total, part) => total + of(part), 0);
  const first = (tokens: number) =>
    firstTokenMilliseconds(
      { shape: { promptTokens: tokens } },
      parts.map(({ token, once }) => ({ prefillMilliseconds: once + tokens * token })),
      links.map((link) => {
        const more = link.back ? 0 : (tokens - 1) * link.tokenMilliseconds;
        return { ...link, prefillMilliseconds: link.prefillMilliseconds + more };
      }),
    );
  const tokenMilliseconds = first(2) - first(1);
  return {
    weightBytes: sum(({ weightBytes }) => weightBytes),
    computeMilliseconds: sum(({ decode }) => decode),
    slowestMilliseconds: Math.max(
      ...parts.map(({ decode }) => decode),
      ...links.map(({ tokenMilliseconds }) => tokenMilliseconds),
    ),
    firstMilliseconds: entry + first(1) - tokenMilliseconds,
    tokenMilliseconds,
    laterTokenMilliseconds: (first(3 * CHUNK) - first(CHUNK)) / (2 * CHUNK),
  };
}
