/**
 * The monitor: measures this device and the links to it, and reports what changed to the leader, through the leader actor
 * of its own device.
 */
import type { ComputeRates } from "../../models/compute/mod.ts";
import { type Behaviour, type Context, next, reply } from "../../runtime/actor/mod.ts";
import { leaderOf } from "../addresses.ts";
import type { Device } from "../device.ts";
import type { DeviceReport } from "../leader/protocol.ts";
import { accepting } from "../wire.ts";
import { differs } from "./differs.ts";
import { Links } from "./links.ts";
import { type MonitorMessage, WireMonitorMessage } from "./protocol.ts";

/** How often this device is looked at. */
const PERIOD_MILLISECONDS = 2000;
/** Part of the free memory that a segment may use: the rest is for compute buffers and whatever else runs here. */
const USABLE_PART = 0.8;
/** Part of the free disk that blocks in reserve may take. */
const SPARE_DISK_PART = 0.1;
/** A report is repeated after this time without change, for a leader that missed it. */
const REPEAT_MILLISECONDS = 10_000;

interface MonitorState {
  readonly links: Links;
  /** Absent until the trial at start is done. */
  rates: ComputeRates | undefined;
  reported: { readonly report: DeviceReport; readonly at: number } | undefined;
}

/** Makes the monitor's behaviour. `heldBytes` is what loaded segments take, which they may go on using. */
export function monitor(device: Device, heldBytes: () => number): Behaviour<MonitorState, MonitorMessage> {
  return {
    accepts: accepting<MonitorMessage>(WireMonitorMessage),
    start(context) {
      device.rates().then((rates) => context.tell(context.self, { type: "rated", rates })).catch((error) => {
        device.announce({
          type: "warning",
          message: `How fast this device computes could not be measured: ${error.message}`,
        });
      });
      context.after(PERIOD_MILLISECONDS, { type: "measure" });
      return { links: device.links, rates: undefined, reported: undefined };
    },
    async receive(state, message, context) {
      switch (message.type) {
        case "echo":
          reply(context, message.replyTo, new Uint8Array(message.bytes));
          break;
        case "rated":
          state.rates = message.rates;
          await report(state, context);
          break;
        case "measure":
          context.after(PERIOD_MILLISECONDS, { type: "measure" });
          // Not awaited: a slow link must not keep this device from reporting.
          void state.links.probeNext(device.peers().map((peer) => peer.device), context);
          await report(state, context);
          break;
        default:
          message satisfies never;
      }
      return next(state);
    },
  };

  async function report(state: MonitorState, context: Context<MonitorMessage>): Promise<void> {
    const { rates, reported } = state;
    if (rates === undefined) return;
    const current: DeviceReport = {
      device: device.id,
      name: device.name,
      ...await measureMemory(device, heldBytes()),
      spareDiskBytes: Math.floor(await device.readFreeDisk() * SPARE_DISK_PART),
      rates,
      overheadMilliseconds: device.work.overheadMilliseconds(),
      work: device.work.models().map((model) => ({ model, blocks: device.work.of(model) })),
      peers: device.peers().map((peer) => peer.device),
      links: state.links.report(),
      slowdown: device.slowdown,
      sensors: await device.readSensors(),
    };
    const now = device.clock.now();
    if (reported !== undefined && !differs(reported.report, current) && now - reported.at < REPEAT_MILLISECONDS) return;
    state.reported = { report: current, at: now };
    context.tell(leaderOf(device.id), { type: "report", report: current });
  }
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
