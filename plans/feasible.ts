/** Whether a plan can be at all: blocks in order, memory, policy and links. */
import { type Beside, besideOf, fitsBeside } from "./beside.ts";
import { blockBytes, formatBytes } from "./bytes.ts";
import type { Link, Problem, Run } from "./problem.ts";
import { mayHold } from "./policy.ts";

/** Why the runs cannot be a plan for a sound problem, or undefined where they can. */
export function impossible(problem: Problem, runs: readonly Run[]): string | undefined {
  const { blocks, devices } = problem;
  const held = new Map<string, number>();
  let next = 0;
  for (const { device, first, last } of runs) {
    const index = devices.findIndex((each) => each.device === device);
    if (index < 0) return `"${device}" is not among the devices.`;
    if (first !== next || last < first) return `Blocks ${first} to ${last} do not follow block ${next - 1}.`;
    for (const [offset, block] of blocks.slice(first, last + 1).entries()) {
      if (!mayHold(problem, index, first + offset)) {
        return `${nameOf(problem, device)} may not hold block ${first + offset}.`;
      }
      held.set(device, (held.get(device) ?? 0) + blockBytes(block, problem.shape));
    }
    next = last + 1;
  }
  if (next !== blocks.length) return `The runs end at block ${next - 1}; the model has ${blocks.length}.`;
  for (const { device, usableBytes } of devices) {
    const bytes = held.get(device) ?? 0;
    if (bytes > usableBytes) {
      return `${nameOf(problem, device)} would hold ${formatBytes(bytes)}; it offers ${formatBytes(usableBytes)}.`;
    }
    const beside = besideOf(problem, device);
    const added = addedBytes(runs.filter((run) => run.device === device), beside);
    if (!fitsBeside(beside, added, usableBytes)) {
      return `${nameOf(problem, device)} would hold ${
        formatBytes(beside.heldBytes + added)
      } while both plans are loaded; ` +
        `it offers ${formatBytes(usableBytes)}.`;
    }
  }
  return undefined;
}

function addedBytes(runs: readonly Run[], { added }: Beside): number {
  let total = 0;
  for (const { first, last } of runs) for (let block = first; block <= last; block++) total += added(block);
  return total;
}

/** What people call a device. */
export function nameOf({ devices }: Problem, id: string): string {
  return devices.find(({ device }) => device === id)?.name ?? id;
}

/** Finds links by their ends. */
export function linkFinder({ links }: Problem): (from: string, to: string) => Link | undefined {
  const known = new Map<string, Map<string, Link>>();
  for (const link of links) {
    const row = known.get(link.from) ?? new Map<string, Link>();
    row.set(link.to, link);
    known.set(link.from, row);
  }
  return (from, to) => known.get(from)?.get(to);
}
