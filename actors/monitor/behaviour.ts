/**
 * The monitor: measures this device and the links to it, and reports what changed to the leader, through the leader actor
 * of its own device.
 */
import type { ComputeRates } from "../../models/compute/mod.ts";
import { YIELDING_SLOWDOWN } from "../balancer/owner.ts";
import type { BalanceRecord } from "../balancer/record.ts";
import { type Behaviour, type Context, next, reply } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import { errorText } from "../../runtime/error-text.ts";
import { leaderOf } from "../addresses.ts";
import type { Announce } from "../events.ts";
import type { Host, Peers } from "../host.ts";
import type { DeviceReport } from "../leader/protocol.ts";
import { accepting } from "../wire.ts";
import { differs } from "./differs.ts";
import type { Links } from "./links.ts";
import { measureMemory } from "./memory.ts";
import { type MonitorMessage, WireMonitorMessage } from "./protocol.ts";
import { reportedOf, type WorkTimes } from "./work-times.ts";

/** How often this device is looked at. */
const PERIOD_MILLISECONDS = 2000;
/** Part of the free disk that blocks in reserve may take. */
const SPARE_DISK_PART = 0.1;
/** A report is repeated after this time without change, for a leader that missed it. */
const REPEAT_MILLISECONDS = 10_000;

/** What a monitor is made of. */
export interface MonitorOptions {
  readonly device: string;
  /** What people call this device. */
  readonly name: string;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly host: Host;
  /** The owner's limit for models on this device; absent: what is free. */
  readonly memoryLimitBytes?: number | undefined;
  /** How many times slower this device pretends to be; 1 for not at all. */
  readonly slowdown: number;
  /** How fast this device computes, from a short trial or the memory of one. */
  readonly rates: () => Promise<ComputeRates>;
  /** Times of blocks that have run here. */
  readonly work: WorkTimes;
  /** Of so many bytes of disk, those that copies may take by the owner's limit. Default: all. */
  readonly spareDisk?: (diskBytes: number) => number;
  /** What is given up for the device's owner. Default: nothing. */
  readonly balance?: Pick<BalanceRecord, "owner">;
  /** The links to this device. */
  readonly links: Links;
  readonly announce: Announce;
}

interface MonitorState {
  /** Absent until the trial at start is done. */
  rates: ComputeRates | undefined;
  /** What loaded segments take, which they may go on using; bytes. */
  heldBytes: number;
  reported: { readonly report: DeviceReport; readonly at: number } | undefined;
}

/** Makes the monitor's behaviour. */
export function monitor(options: MonitorOptions): Behaviour<MonitorState, MonitorMessage> {
  return {
    accepts: accepting<MonitorMessage>(WireMonitorMessage),
    start(context) {
      rate(options, context);
      context.after(PERIOD_MILLISECONDS, { type: "measure" });
      return { rates: undefined, heldBytes: 0, reported: undefined };
    },
    async receive(state, message, context) {
      switch (message.type) {
        case "echo":
          reply(context, message.replyTo, new Uint8Array(message.bytes));
          break;
        case "rated":
          state.rates = message.rates;
          await report(state, options, context);
          break;
        case "held":
          state.heldBytes = message.bytes;
          break;
        case "urge":
          await report(state, options, context, true);
          context.tell(leaderOf(options.device), { type: "propose", proposal: message.proposal });
          break;
        case "measure":
          context.after(PERIOD_MILLISECONDS, { type: "measure" });
          // Not awaited: a slow link must not keep this device from reporting.
          void options.links.probeNext(options.peers().map((peer) => peer.device), context);
          await report(state, options, context);
          break;
        default:
          message satisfies never;
      }
      return next(state);
    },
  };
}

/** Has the trial run, whose result comes as a message. */
function rate({ rates, announce }: MonitorOptions, context: Context<MonitorMessage>): void {
  rates().then((rates) => context.tell(context.self, { type: "rated", rates })).catch((error) => {
    announce({ type: "warning", message: `How fast this device computes could not be measured: ${errorText(error)}` });
  });
}

/** Tells the leader how this device is, where that is news or was said long ago, or is urgent. */
async function report(
  state: MonitorState,
  options: MonitorOptions,
  context: Context<MonitorMessage>,
  urgent = false,
): Promise<void> {
  const { rates, reported, heldBytes } = state;
  if (rates === undefined) return;
  const { device, name, host, work, peers, links, slowdown, clock, balance } = options;
  const { spareDisk = (diskBytes: number) => diskBytes } = options;
  const yielding = balance?.owner.yieldsProcessor === true ? YIELDING_SLOWDOWN : 1;
  const current: DeviceReport = {
    device,
    name,
    ...await measureMemory(options, heldBytes),
    spareDiskBytes: spareDisk(Math.floor(await host.readFreeDisk() * SPARE_DISK_PART)),
    rates: {
      decodeNanosecondsPerByte: rates.decodeNanosecondsPerByte * yielding,
      prefillNanosecondsPerMultiplyAdd: rates.prefillNanosecondsPerMultiplyAdd * yielding,
    },
    overheadMilliseconds: work.overheadMilliseconds(),
    work: work.models().map((model) => reportedOf(work, model, yielding)),
    peers: peers().map((peer) => peer.device),
    links: links.report(),
    slowdown,
    sensors: await host.readSensors(),
  };
  const now = clock.now();
  const known = reported !== undefined && !differs(reported.report, current);
  if (!urgent && known && now - reported.at < REPEAT_MILLISECONDS) return;
  state.reported = { report: current, at: now };
  context.tell(leaderOf(device), { type: "report", report: current });
}
