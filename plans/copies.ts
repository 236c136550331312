/**
 * Second copies on disk: every block on as many devices as asked for, so that the mesh can lose any one of them. What is
 * there already counts; each missing copy goes once over the wire, to the device that can make most of it.
 */
import { blockBytes } from "./bytes.ts";
import { mayHold } from "./policy.ts";
import type { Problem, Run } from "./problem.ts";

export interface CopiesOptions {
  /** Bytes that each block takes on disk. */
  readonly diskBytes: readonly number[];
  /** The blocks that a device has on disk; what it runs counts as if it had. */
  readonly held: (device: string) => ReadonlySet<number>;
  /** Bytes of disk that copies may take, beyond what is there. */
  readonly spareDiskBytes: (device: string) => number;
  /** How many devices are to have each block. Default: 2. */
  readonly copies?: number;
  /** How likely a device is to leave, relative to the others. Default: 1 each. */
  readonly risk?: (device: string) => number;
}

/** Blocks that a device is to fetch to its disk. */
export interface Copy extends Run {
  /** A device that has them: who runs them, where anybody does. */
  readonly owner: string;
  readonly bytes: number;
}

/** A device that may take copies, with what has been chosen for it so far. */
interface Taker {
  readonly index: number;
  readonly device: string;
  readonly held: ReadonlySet<number>;
  readonly chosen: Set<number>;
  /** Its own segment, if it has one. */
  readonly run: Run | undefined;
  room: number;
  /** Bytes of memory beside its segment and what has been chosen: to run a copy it takes no more than to load it. */
  memory: number;
}

/**
 * Chooses what each device is to fetch so that each block is on `copies` devices, as far as disks and policy allow. Of the
 * devices with room, the one is taken that could run the block beside what it runs, then the one that is least likely to
 * leave, then a neighbour of who runs it in the pipeline, then the one that the block reaches first. Where nobody has room
 * left, what was chosen before moves on to others to make some.
 */
export function copiesOnDisk(problem: Problem, segments: readonly Run[], options: CopiesOptions): Copy[] {
  const takers = takersOf(problem, segments, options);
  const { copies = 2, diskBytes } = options;
  for (const block of problem.blocks.keys()) {
    const size = diskBytes[block] ?? 0;
    for (let have = takers.filter((taker) => has(taker, block)).length; have > 0 && have < copies; have++) {
      const able = takers.filter((taker) => !has(taker, block) && mayHold(problem, taker.index, block));
      const roomy = able.filter(({ room }) => room >= size);
      const best = bestFor(block, roomy, takers, problem, options);
      if (best !== undefined) take(best, block, problem, size);
      else if (!makeRoom(block, able, takers, problem, diskBytes)) break;
    }
  }
  return takers.flatMap((taker) => runsOf(taker, takers, diskBytes));
}

function takersOf(problem: Problem, segments: readonly Run[], { held, spareDiskBytes }: CopiesOptions): Taker[] {
  return problem.devices.map(({ device, usableBytes }, index) => {
    const run = segments.find((segment) => segment.device === device);
    const own = run === undefined ? [] : Array.from({ length: run.last - run.first + 1 }, (_, at) => run.first + at);
    const taken = own.reduce((sum, block) => sum + memoryOf(problem, block), 0);
    return {
      index,
      device,
      held: new Set([...held(device), ...own]),
      chosen: new Set<number>(),
      run,
      room: sound(spareDiskBytes(device)),
      memory: usableBytes - taken,
    };
  });
}

function has({ held, chosen }: Taker, block: number): boolean {
  return held.has(block) || chosen.has(block);
}

function take(taker: Taker, block: number, problem: Problem, size: number): void {
  taker.chosen.add(block);
  taker.room -= size;
  taker.memory -= memoryOf(problem, block);
}

function drop(taker: Taker, block: number, problem: Problem, size: number): void {
  taker.chosen.delete(block);
  taker.room += size;
  taker.memory += memoryOf(problem, block);
}

/** The device that can make most of a copy: see `copiesOnDisk`. */
function bestFor(
  block: number,
  able: readonly Taker[],
  takers: readonly Taker[],
  problem: Problem,
  { risk = () => 1, diskBytes }: CopiesOptions,
): Taker | undefined {
  const ranked = able.map((taker) => ({
    taker,
    order: [
      taker.memory >= memoryOf(problem, block) ? 0 : 1,
      risk(taker.device),
      isBeside(taker, block, takers) ? 0 : 1,
      arrival(taker, block, takers, problem, diskBytes[block] ?? 0),
      // Runs stay whole: a segment can be made of them.
      has(taker, block - 1) ? 0 : 1,
      -taker.memory,
      -taker.room,
    ],
  }));
  return ranked.sort((a, b) => compare(a.order, b.order))[0]?.taker;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** Whether a device runs the segment before or behind the one that a block is in: with the block its own becomes longer. */
function isBeside({ run }: Taker, block: number, takers: readonly Taker[]): boolean {
  const owner = takers.find((taker) => runs(taker, block))?.run;
  return run !== undefined && owner !== undefined && (run.last + 1 === owner.first || owner.last + 1 === run.first);
}

function runs({ run }: Taker, block: number): boolean {
  return run !== undefined && run.first <= block && block <= run.last;
}

/** Milliseconds until a block is there from the nearest device that has it, to the next power of two: links are noisy. */
function arrival({ device }: Taker, block: number, takers: readonly Taker[], { links }: Problem, size: number): number {
  const sources = new Set(takers.filter((taker) => has(taker, block)).map((taker) => taker.device));
  const times = links.filter(({ from, to }) => to === device && sources.has(from)).map((link) => {
    return link.roundTripMilliseconds + 1000 * size / Math.max(1, link.bytesPerSecond);
  });
  return Math.ceil(Math.log2(Math.max(1e-3, Math.min(Infinity, ...times))));
}

/**
 * Has somebody take a block for which nobody has room, by moving what was chosen on to others: the shortest chain of
 * moves, one block for one (augmenting path).
 * @returns whether there was a way
 */
function makeRoom(
  wanted: number,
  able: readonly Taker[],
  takers: readonly Taker[],
  problem: Problem,
  diskBytes: readonly number[],
): boolean {
  const size = (block: number) => diskBytes[block] ?? 0;
  const queue = able.map((taker): Step => ({ taker, block: wanted, before: undefined }));
  const seen = new Set(queue.map(({ taker, block }) => `${taker.index} ${block}`));
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    const { taker, block } = step;
    if (taker.room >= size(block)) {
      for (let at: Step | undefined = step; at !== undefined; at = at.before) {
        take(at.taker, at.block, problem, size(at.block));
        if (at.before !== undefined) drop(at.before.taker, at.block, problem, size(at.block));
      }
      return true;
    }
    for (const moved of taker.chosen) {
      if (taker.room + size(moved) < size(block)) continue;
      for (const next of takers) {
        const key = `${next.index} ${moved}`;
        if (seen.has(key) || has(next, moved) || !mayHold(problem, next.index, moved)) continue;
        // A chain that comes back to a device would count its room twice.
        if (visits(step, next)) continue;
        seen.add(key);
        queue.push({ taker: next, block: moved, before: step });
      }
    }
  }
  return false;
}

/** A device takes a block, which the one before it in the chain lets go of. */
interface Step {
  readonly taker: Taker;
  readonly block: number;
  readonly before: Step | undefined;
}

function visits(step: Step, taker: Taker): boolean {
  for (let at: Step | undefined = step; at !== undefined; at = at.before) if (at.taker === taker) return true;
  return false;
}

/** What was chosen for a device, in runs of one owner each. */
function runsOf({ device, chosen }: Taker, takers: readonly Taker[], diskBytes: readonly number[]): Copy[] {
  const copies: Copy[] = [];
  for (const block of [...chosen].sort((a, b) => a - b)) {
    const owner = (takers.find((taker) => runs(taker, block)) ?? takers.find(({ held }) => held.has(block)))?.device ??
      "";
    const bytes = diskBytes[block] ?? 0;
    const run = copies.at(-1);
    if (run !== undefined && run.last === block - 1 && run.owner === owner) {
      copies[copies.length - 1] = { ...run, last: block, bytes: run.bytes + bytes };
    } else copies.push({ device, owner, first: block, last: block, bytes });
  }
  return copies;
}

function memoryOf({ blocks, shape }: Problem, block: number): number {
  const cost = blocks[block];
  return cost === undefined ? 0 : blockBytes(cost, shape);
}

/** What devices report may be nonsense: that counts as nothing. */
function sound(value: number): number {
  return value > 0 && value < Infinity ? value : 0;
}
