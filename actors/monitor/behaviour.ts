/** The monitor: measures this device and reports changes to the leader through the leader actor of its own device. */
import { type Behaviour, type Context, next } from "../../runtime/actor/mod.ts";
import { leaderOf } from "../addresses.ts";
import type { Device } from "../device.ts";

/** How often memory is read. */
const PERIOD_MILLISECONDS = 2000;
/** Part of the free memory that a segment may use: the rest is for compute buffers and whatever else runs here. */
const USABLE_PART = 0.8;
/** A report is repeated after this time without change, for a leader that missed it. */
const REPEAT_MILLISECONDS = 10_000;
/** A change smaller than this part of the last report is noise. */
const NOISE_PART = 0.1;

export type MonitorMessage = { readonly type: "measure" };

/** What was reported last, in bytes, and when. */
type MonitorState = { readonly usableBytes: number; readonly at: number } | undefined;

/** Makes the monitor's behaviour. `heldBytes` is what loaded segments take, which they may go on using. */
export function monitor(device: Device, heldBytes: () => number): Behaviour<MonitorState, MonitorMessage> {
  return {
    start(context) {
      context.tell(context.self, { type: "measure" });
      return undefined;
    },
    async receive(state, _message, context) {
      context.after(PERIOD_MILLISECONDS, { type: "measure" });
      const { usableBytes, totalBytes } = await measureMemory(device, heldBytes());
      const now = device.clock.now();
      const same = state !== undefined && Math.abs(usableBytes - state.usableBytes) <= state.usableBytes * NOISE_PART;
      if (same && now - state.at < REPEAT_MILLISECONDS) return next(state);
      report(device, usableBytes, totalBytes, context);
      return next({ usableBytes, at: now });
    },
  };
}

/** What segments may use on this device, and what it has; bytes. */
export async function measureMemory(
  device: Device,
  heldBytes: number,
): Promise<{ usableBytes: number; totalBytes: number }> {
  const { totalBytes, availableBytes } = await device.readMemory();
  const free = Math.floor(availableBytes * USABLE_PART) + heldBytes;
  return { usableBytes: Math.min(device.memoryLimitBytes ?? free, totalBytes), totalBytes };
}

function report(device: Device, usableBytes: number, totalBytes: number, context: Context<MonitorMessage>): void {
  context.tell(leaderOf(device.id), {
    type: "report",
    report: { device: device.id, name: device.name, usableBytes, totalBytes },
  });
}
