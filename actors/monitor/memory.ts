/** How much of a device's memory models may have. */
import { type OwnerState, undisturbed } from "../balancer/owner.ts";
import type { Host } from "../host.ts";

/** Part of the free memory that a segment may use: the rest is for compute buffers and whatever else runs here. */
const USABLE_PART = 0.8;

export interface MemoryOptions {
  readonly host: Pick<Host, "readMemory">;
  /** The owner's limit for models on this device; absent: what is free. */
  readonly memoryLimitBytes?: number | undefined;
  /** What is given up for the device's owner. Default: nothing. */
  readonly balance?: { readonly owner: Pick<OwnerState, "mostBytes"> };
}

/** What segments may use on this device, those that are loaded (`heldBytes`) included, and what it has; bytes. */
export async function measureMemory(
  { host, memoryLimitBytes, balance }: MemoryOptions,
  heldBytes: number,
): Promise<{ usableBytes: number; totalBytes: number }> {
  const { totalBytes, availableBytes } = await host.readMemory();
  const free = Math.floor(availableBytes * USABLE_PART) + heldBytes;
  const { mostBytes = Infinity } = balance?.owner ?? undisturbed;
  return { usableBytes: Math.floor(Math.min(memoryLimitBytes ?? free, totalBytes, mostBytes)), totalBytes };
}
