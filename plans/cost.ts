/** The cost model: what blocks and transfers take of one request, in milliseconds. Solvers and predictions share it. */
import { factorAt } from "./batches.ts";
import type { Block, Device, Link, Problem, Workload } from "./problem.ts";

/** A token id on the wire. */
const tokenBytes = 4;

/** Milliseconds that a block computes on a device for the prompt, until the first token. */
export function prefillMilliseconds(problem: Problem, device: Device, block: number): number {
  // The head turns only the last position into a token.
  return problem.blocks[block]?.kind === "head"
    ? device.decodeMilliseconds[block] ?? 0
    : (device.prefillMillisecondsPerToken[block] ?? 0) * problem.shape.promptTokens;
}

/** Milliseconds that a block takes for one step of so many sequences. */
export function stepMilliseconds({ decodeMilliseconds, stepFactors }: Device, block: number, rows: number): number {
  return (decodeMilliseconds[block] ?? 0) * factorAt(stepFactors, rows);
}

/**
 * Milliseconds that a whole request is in a block on a device: the prefill, then a step for each further token, which it may
 * share with `rows - 1` others.
 */
export function workMilliseconds(problem: Problem, device: Device, block: number, rows = 1): number {
  return prefillMilliseconds(problem, device, block) +
    (problem.shape.outputTokens - 1) * stepMilliseconds(device, block, rows);
}

/** Milliseconds that a whole request keeps a block's device busy, where each step is shared by `rows` of them. */
export function busyMilliseconds(problem: Problem, device: Device, block: number, rows: number): number {
  return prefillMilliseconds(problem, device, block) +
    (problem.shape.outputTokens - 1) * stepMilliseconds(device, block, rows) / rows;
}

/** One way over a link: milliseconds until `bytes` have arrived. */
export function transferMilliseconds(link: Link, bytes: number): number {
  return link.roundTripMilliseconds / 2 + occupiedMilliseconds(link, bytes);
}

/** Milliseconds for which `bytes` keep a link busy; the way itself keeps nobody waiting behind it. */
export function occupiedMilliseconds(link: Link, bytes: number): number {
  return bytes / link.bytesPerSecond * 1000;
}

/** Bytes of a whole request that cross from a block to the next: every position of prompt and answer once. */
export function crossingBytes({ activationBytes }: Block, { promptTokens, outputTokens }: Workload): number {
  return activationBytes * (promptTokens + outputTokens - 1);
}

/**
 * A whole request's hidden states from one device to the next: a transfer for the prefill, and one a further token that
 * carries those of `rows` requests.
 */
export function hopMilliseconds(link: Link, block: Block, shape: Workload, rows = 1): number {
  const others = (rows - 1) * (shape.outputTokens - 1) * block.activationBytes;
  return shape.outputTokens * link.roundTripMilliseconds / 2 +
    occupiedMilliseconds(link, crossingBytes(block, shape) + others);
}

/** A whole request's tokens from the last device back to the first, each with those of `rows - 1` others. */
export function returnMilliseconds(link: Link, shape: Workload, rows = 1): number {
  return shape.outputTokens * transferMilliseconds(link, rows * tokenBytes);
}

/** The prompt's way from the source to the first device, and the first token's way back. */
export function entryMilliseconds(to: Link, from: Link, shape: Workload): number {
  return transferMilliseconds(to, tokenBytes * shape.promptTokens) + transferMilliseconds(from, tokenBytes);
}

/** Bytes of weights that a device would have to fetch for a block under the plan in force; 0 without one. */
export function movedBytes({ blocks, current }: Problem, device: string, block: number): number {
  const there = current === undefined || current.devices[block] === device ||
    current.stored?.includes(device) === true || current.onDisk?.get(device)?.has(block) === true;
  return there ? 0 : blocks[block]?.weightBytes ?? 0;
}

/** Milliseconds charged to a request for what `movedBytes` counts. */
export function moveMilliseconds(problem: Problem, device: string, block: number): number {
  const { current } = problem;
  return current === undefined ? 0 : movedBytes(problem, device, block) * current.millisecondsPerByte;
}

/** Bytes of a token going back. */
export const returnBytes = tokenBytes;
