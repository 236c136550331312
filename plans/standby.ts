/**
 * Standby blocks: LinguaLinked's second stage (overlap). With the plan fixed, each device also keeps blocks of its
 * neighbours in the pipeline, next to its own, so that a boundary moves, or a lost device is replaced, without a download.
 * LinguaLinked maximises replicated bytes; here it is the expected time saved.
 */
import { blockBytes } from "./bytes.ts";
import { mayHold } from "./policy.ts";
import type { Block, Problem, Segment } from "./problem.ts";

export interface StandbyOptions {
  /** How likely a device is to leave or slow down, relative to the others. Default: 1 each. */
  readonly risk?: (device: string) => number;
  /** What fetching and loading takes a byte. Default: 1e-5, 100 MB/s. */
  readonly fetchMillisecondsPerByte?: number;
  /** What loading alone takes a byte, from disk. Default: 1e-6. */
  readonly loadMillisecondsPerByte?: number;
  /** Bytes of disk that standby blocks may take. Default: none. */
  readonly spareDiskBytes?: (device: string) => number;
}

/** Blocks that a device keeps though another runs them, both ends included. */
export interface Standby {
  readonly device: string;
  /** Who runs them. */
  readonly owner: string;
  readonly first: number;
  readonly last: number;
  readonly where: "memory" | "disk";
  /** Bytes of memory with caches, or of disk. */
  readonly bytes: number;
  /** Time saved when the owner fails, times the risk that it does. */
  readonly gainMilliseconds: number;
}

interface Side {
  readonly owner: string;
  /** From the boundary away. */
  readonly blocks: readonly number[];
}

/** Chooses standby blocks by expected gain: in memory where a device has room left, else on disk. */
export function standbyBlocks(problem: Problem, segments: readonly Segment[], options: StandbyOptions = {}): Standby[] {
  const { fetchMillisecondsPerByte: fetch = 1e-5, loadMillisecondsPerByte: load = 1e-6 } = options;
  const covered = new Set<number>();
  const chosen: Standby[] = [];
  for (const [index, segment] of segments.entries()) {
    const device = problem.devices.findIndex(({ device }) => device === segment.device);
    const sides = [segments[index - 1], segments[index + 1]].map((neighbour): Side => ({
      owner: neighbour?.device ?? "",
      blocks: neighbour === undefined ? [] : reachable(problem, device, neighbour, neighbour.first < segment.first),
    }));
    const gainOf = (owner: string, block: number, perByte: number) =>
      // A block that stands by elsewhere already saves nothing more.
      covered.has(block) ? 0 : sound(options.risk?.(owner) ?? 1) * weights(problem, block) * perByte;
    const spare = (problem.devices[device]?.usableBytes ?? 0) - segment.bytes;
    const sizes = (block: number) => blockBytes(problem.blocks[block] as Block, problem.shape);
    const inMemory = bestPair(sides, spare, sizes, (owner, block) => gainOf(owner, block, fetch));
    const disk = sound(options.spareDiskBytes?.(segment.device) ?? 0);
    const rest = sides.map((side, which) => ({ ...side, blocks: side.blocks.slice(inMemory[which]) }));
    const onDisk = bestPair(
      rest,
      disk,
      (block) => weights(problem, block),
      (owner, block) => gainOf(owner, block, Math.max(0, fetch - load)),
    );
    for (const [which, side] of sides.entries()) {
      const [loaded = 0, stored = 0] = [inMemory[which], onDisk[which]];
      const add = (blocks: readonly number[], where: "memory" | "disk", perByte: number) => {
        if (blocks.length === 0) return;
        const size = where === "memory" ? sizes : (block: number) => weights(problem, block);
        chosen.push({
          device: segment.device,
          owner: side.owner,
          first: Math.min(...blocks),
          last: Math.max(...blocks),
          where,
          bytes: blocks.reduce((sum, block) => sum + size(block), 0),
          gainMilliseconds: blocks.reduce((sum, block) => sum + gainOf(side.owner, block, perByte), 0),
        });
      };
      const [first, second] = [side.blocks.slice(0, loaded), side.blocks.slice(loaded, loaded + stored)];
      add(first, "memory", fetch);
      add(second, "disk", Math.max(0, fetch - load));
      for (const block of [...first, ...second]) covered.add(block);
    }
  }
  return chosen;
}

/** A neighbour's blocks from the boundary away, as far as the device may hold them. */
function reachable(problem: Problem, device: number, { first, last }: Segment, before: boolean): number[] {
  const blocks = Array.from({ length: last - first + 1 }, (_, offset) => before ? last - offset : first + offset);
  const end = blocks.findIndex((block) => !mayHold(problem, device, block));
  return end < 0 ? blocks : blocks.slice(0, end);
}

/** How many blocks to take on each side: all pairs are tried. */
function bestPair(
  sides: readonly Side[],
  spare: number,
  size: (block: number) => number,
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

function weights({ blocks }: Problem, block: number): number {
  return blocks[block]?.weightBytes ?? 0;
}

/** What callers report may be nonsense: that counts as nothing. */
function sound(value: number): number {
  return value > 0 && value < Infinity ? value : 0;
}
