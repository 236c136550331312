/**
 * Standby blocks: LinguaLinked's second stage (overlap). With the plan fixed, each device also keeps blocks of its
 * neighbours in the pipeline, next to its own, so that a boundary moves, or a lost device is replaced, without a download.
 * LinguaLinked maximises replicated bytes; here it is the expected time saved. A study: what the mesh does is in `copies.ts`.
 */
import { blockBytes } from "./bytes.ts";
import { mayHold } from "./policy.ts";
import type { Block, Problem, Run, Segment } from "./problem.ts";

/** What is expected of devices, and what fetching costs. */
export interface StandbyCosts {
  /** How likely a device is to leave or slow down, relative to the others. Default: 1 each. */
  readonly risk?: (device: string) => number;
  /** What fetching and loading takes a byte. Default: 1e-5, 100 MB/s. */
  readonly fetchMillisecondsPerByte?: number;
  /** What loading alone takes a byte, from disk. Default: 1e-6. */
  readonly loadMillisecondsPerByte?: number;
}

export interface StandbyOptions extends StandbyCosts {
  /** Bytes of disk that standby blocks may take. Default: none. */
  readonly spareDiskBytes?: (device: string) => number;
}

/** Blocks that a device keeps though another runs them. */
export interface Standby extends Run {
  /** Who runs them. */
  readonly owner: string;
  readonly where: "memory" | "disk";
  /** Bytes of memory with caches, or of disk. */
  readonly bytes: number;
  /** Time saved when the owner fails, times the risk that it does. */
  readonly gainMilliseconds: number;
}

/** A neighbour in the pipeline. */
interface Side {
  readonly owner: string;
  /** From the boundary away. */
  readonly blocks: readonly number[];
}

/** A place where blocks can stand by: how much fits, what a block takes there, and what a byte of it saves. */
interface Room {
  readonly where: Standby["where"];
  readonly bytes: number;
  readonly size: (block: number) => number;
  readonly gainPerByte: number;
}

/** Chooses standby blocks by expected gain: in memory where a device has room left, else on disk. */
export function standbyBlocks(problem: Problem, segments: readonly Segment[], options: StandbyOptions = {}): Standby[] {
  const inMemory = (segment: Segment): Room => ({
    where: "memory",
    bytes: (problem.devices.find(({ device }) => device === segment.device)?.usableBytes ?? 0) - segment.bytes,
    size: (block) => blockBytes(problem.blocks[block] as Block, problem.shape),
    gainPerByte: options.fetchMillisecondsPerByte ?? defaultFetch,
  });
  const { spareDiskBytes = () => 0 } = options;
  return choose(problem, segments, (segment) => [
    inMemory(segment),
    onDisk(problem, spareDiskBytes(segment.device), options),
  ], options);
}

const [defaultFetch, defaultLoad] = [1e-5, 1e-6];

function onDisk({ blocks }: Problem, bytes: number, costs: StandbyCosts): Room {
  const { fetchMillisecondsPerByte: fetch = defaultFetch, loadMillisecondsPerByte: load = defaultLoad } = costs;
  return {
    where: "disk",
    bytes: sound(bytes),
    size: (block) => blocks[block]?.weightBytes ?? 0,
    gainPerByte: Math.max(0, fetch - load),
  };
}

/** Fills each device's rooms in turn with what is worth most of the blocks on both of its sides. */
function choose(
  problem: Problem,
  segments: readonly Segment[],
  roomsOf: (segment: Segment) => readonly Room[],
  { risk = () => 1 }: StandbyCosts,
): Standby[] {
  const covered = new Set<number>();
  const chosen: Standby[] = [];
  for (const [index, segment] of segments.entries()) {
    let sides = sidesOf(problem, segments, index);
    const taken: number[] = [];
    for (const room of roomsOf(segment)) {
      const gain = (owner: string, block: number) => {
        // A block that stands by elsewhere already saves nothing more.
        const bytes = problem.blocks[block]?.weightBytes ?? 0;
        return covered.has(block) ? 0 : sound(risk(owner)) * bytes * room.gainPerByte;
      };
      const counts = bestPair(sides, room, gain);
      for (const [which, { owner, blocks }] of sides.entries()) {
        const kept = blocks.slice(0, counts[which]);
        if (kept.length > 0) chosen.push(standby(segment.device, owner, kept, room, gain));
        taken.push(...kept);
      }
      sides = sides.map(({ owner, blocks }, which) => ({ owner, blocks: blocks.slice(counts[which]) }));
    }
    for (const block of taken) covered.add(block);
  }
  return chosen;
}

function standby(
  device: string,
  owner: string,
  blocks: readonly number[],
  { where, size }: Room,
  gain: (owner: string, block: number) => number,
): Standby {
  const total = (of: (block: number) => number) => blocks.reduce((sum, block) => sum + of(block), 0);
  const [first, last] = [Math.min(...blocks), Math.max(...blocks)];
  const gainMilliseconds = total((block) => gain(owner, block));
  return { device, owner, first, last, where, bytes: total(size), gainMilliseconds };
}

/** The neighbours before and behind a segment, with their blocks from the boundary away as far as the device may hold them. */
function sidesOf(problem: Problem, segments: readonly Segment[], index: number): Side[] {
  const device = problem.devices.findIndex(({ device }) => device === segments[index]?.device);
  return [index - 1, index + 1].map((place) => {
    const neighbour = segments[place];
    if (neighbour === undefined) return { owner: "", blocks: [] };
    const { first, last } = neighbour;
    const blocks = Array.from({ length: last - first + 1 }, (_, away) => place < index ? last - away : first + away);
    const end = blocks.findIndex((block) => !mayHold(problem, device, block));
    return { owner: neighbour.device, blocks: end < 0 ? blocks : blocks.slice(0, end) };
  });
}

/** How many blocks to take on each side: all pairs are tried. */
function bestPair(
  sides: readonly Side[],
  { bytes: spare, size }: Room,
  gain: (owner: string, block: number) => number,
): readonly [number, number] {
  const sums = sides.map(({ owner, blocks }) => {
    let [bytes, value] = [0, 0];
    return [[0, 0] as const, ...blocks.map((block) => [bytes += size(block), value += gain(owner, block)] as const)];
  });
  let best: readonly [number, number] = [0, 0];
  let most = 0;
  for (const [left, [leftBytes, leftGain]] of (sums[0] ?? []).entries()) {
    if (leftBytes > spare) break;
    for (const [right, [rightBytes, rightGain]] of (sums[1] ?? []).entries()) {
      if (leftBytes + rightBytes > spare) break;
      if (leftGain + rightGain > most) [most, best] = [leftGain + rightGain, [left, right]];
    }
  }
  return best;
}

/** What callers report may be nonsense: that counts as nothing. */
function sound(value: number): number {
  return value > 0 && value < Infinity ? value : 0;
}
