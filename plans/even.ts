/** The even split: blocks in proportion to free memory. Needs no measurement, so it is what a mesh starts from. */
import { blockBytes, formatBytes, segmentBytes } from "./bytes.ts";
import type { BlockCost, CapacityProblem, Placement, Segment } from "./problem.ts";

/**
 * Gives each device a contiguous run of blocks whose bytes are in proportion to its usable memory, in the order of
 * `problem.devices`, at least one block each while there are blocks. Where the proportional cuts do not fit, the devices
 * are filled one after another instead; where that does not fit either, says what is short.
 */
export function evenSplit(problem: CapacityProblem): Placement {
  const { blocks, devices } = problem;
  if (blocks.length === 0) return { type: "infeasible", reason: "The model has no blocks." };
  if (devices.length === 0) return { type: "infeasible", reason: "No device is there to run the model." };
  const cut = proportionalCounts(problem);
  const proportional = placeCounts(problem, cut);
  if (proportional.type === "placed") return proportional;
  const filled = placeCounts(problem, filledCounts(problem));
  if (filled.type === "placed") return filled;
  const needed = segmentBytes(problem, 0, blocks.length - 1);
  const usable = devices.reduce((sum, device) => sum + device.usableBytes, 0);
  const short = needed > usable
    ? `${formatBytes(needed - usable)} are missing`
    : `the largest blocks do not fit the devices' shares`;
  return {
    type: "infeasible",
    reason:
      `The model needs ${
        formatBytes(needed)
      } (context ${problem.shape.context}, ${problem.shape.concurrency} at once); ` +
      `${devices.map((device) => `${device.name} offers ${formatBytes(device.usableBytes)}`).join(", ")}: ${short}. ` +
      `Add a device, raise --memory, or lower --context, --concurrency or --cache-tokens.`,
  };
}

/**
 * Places the given number of blocks on each device, in order: what a person pins with `skein plan --split`.
 * Counts must add up to the number of blocks; a device with 0 is left out.
 */
export function placeCounts(problem: CapacityProblem, counts: readonly number[]): Placement {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== problem.blocks.length) {
    return { type: "infeasible", reason: `The split places ${total} blocks; the model has ${problem.blocks.length}.` };
  }
  const segments: Segment[] = [];
  let first = 0;
  for (const [index, device] of problem.devices.entries()) {
    const count = counts[index] ?? 0;
    if (count === 0) continue;
    const last = first + count - 1;
    const bytes = segmentBytes(problem, first, last);
    if (bytes > device.usableBytes) {
      return {
        type: "infeasible",
        reason: `Blocks ${first} to ${last} need ${formatBytes(bytes)}; ${device.name} offers ${
          formatBytes(device.usableBytes)
        }.`,
      };
    }
    segments.push({ device: device.device, first, last, bytes });
    first += count;
  }
  return { type: "placed", segments };
}

/** Cuts where the running sum of bytes passes each device's share, keeping a block for every device that follows. */
function proportionalCounts({ blocks, devices, shape }: CapacityProblem): number[] {
  const sizes = blocks.map((block) => blockBytes(block, shape));
  const needed = sizes.reduce((sum, size) => sum + size, 0);
  const usable = devices.reduce((sum, device) => sum + device.usableBytes, 0);
  const counts: number[] = [];
  let [block, placed, share] = [0, 0, 0];
  for (const [index, device] of devices.entries()) {
    share += usable === 0 ? 1 / devices.length : device.usableBytes / usable;
    const after = Math.min(devices.length - 1 - index, blocks.length - block);
    let count = 0;
    while (block < blocks.length - after) {
      const size = sizes[block] ?? 0;
      const first = count === 0;
      // A block belongs to the side of the cut on which most of it lies.
      if (!first && index < devices.length - 1 && placed + size / 2 > share * needed) break;
      [block, placed, count] = [block + 1, placed + size, count + 1];
    }
    counts.push(count);
  }
  return counts;
}

/** Fills each device before the next is used. */
function filledCounts({ blocks, devices, shape }: CapacityProblem): number[] {
  let block = 0;
  return devices.map((device) => {
    let [count, bytes] = [0, 0];
    while (block < blocks.length) {
      bytes += blockBytes(blocks[block] as BlockCost, shape);
      if (bytes > device.usableBytes) break;
      [count, block] = [count + 1, block + 1];
    }
    return count;
  });
}
