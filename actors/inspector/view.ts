/** A device as an inspector sees it. */
import type { ComputeRates } from "../../models/compute/mod.ts";
import type { ActorSnapshot, Counters } from "../../runtime/actor/mod.ts";
import type { BalanceRecord } from "../balancer/record.ts";
import type { ExecutorLook } from "../executor/protocol.ts";
import type { Host, Peers } from "../host.ts";
import type { Links } from "../monitor/links.ts";
import { measureMemory } from "../monitor/memory.ts";
import { reportedOf, type WorkTimes } from "../monitor/work-times.ts";
import type { HeldView } from "../supervisor/protocol.ts";
import type { EventRing } from "./events.ts";
import type { ActorRow, DeviceView } from "./protocol.ts";

/** What a view is made from, beside what the supervisor says. */
export interface ViewOptions {
  readonly device: string;
  readonly name: string;
  readonly host: Host;
  readonly memoryLimitBytes?: number | undefined;
  readonly slowdown: number;
  readonly rates: () => Promise<ComputeRates>;
  readonly peers: Peers;
  readonly links: Links;
  readonly work: WorkTimes;
  readonly events: EventRing;
  /** What the device's balancer has found. Default: it has none. */
  readonly balance?: BalanceRecord;
  /** This device's actors and what they count. */
  readonly inspect: { snapshot(): readonly ActorSnapshot[]; counters(): Counters };
}

/** Looks at a device: memory, speeds, links, segments and how their executors do (`looks`, by path), actors. */
export async function viewOf(
  { leader, term, segments }: HeldView,
  looks: ReadonlyMap<string, ExecutorLook>,
  options: ViewOptions,
): Promise<DeviceView> {
  const { device, name, host, slowdown, rates, work, inspect, events, balance } = options;
  const heldBytes = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  let known: ComputeRates | undefined;
  // Whoever looks does not wait for a trial that is under way.
  rates().then((measured) => known = measured, () => {});
  const [memory, sensors] = [await measureMemory(options, heldBytes), await host.readSensors()];
  return {
    device,
    name,
    leader,
    term,
    memory: { ...memory, processBytes: host.processBytes() },
    ...(host.processSeconds === undefined ? {} : { processSeconds: host.processSeconds() }),
    speed: {
      slowdown,
      rates: known,
      work: work.models().map((model) => reportedOf(work, model)),
    },
    sensors,
    links: linkRows(options),
    ...(balance === undefined ? {} : { balance: balance.view() }),
    segments: segments.map(({ ref, ...row }) => {
      const look = looks.get(ref.path);
      return { path: ref.path, ...row, ...(look === undefined ? {} : { look }) };
    }),
    actors: inspect.snapshot().map(rowOf),
    counters: inspect.counters(),
    events: events.recent(),
    forgottenEvents: events.forgotten,
  };
}

function linkRows({ peers, links }: ViewOptions): DeviceView["links"] {
  const measured = new Map(links.report().map((link) => [link.from, link]));
  return peers().map(({ device, name, roundTripMs }) => ({
    device,
    name,
    roundTripMilliseconds: roundTripMs,
    bytesPerSecond: measured.get(device)?.bytesPerSecond,
  }));
}

function rowOf(actor: ActorSnapshot): ActorRow {
  return {
    path: actor.path,
    state: actor.state,
    mailbox: actor.mailbox,
    mailboxBound: actor.mailboxBound,
    handled: actor.handled,
    meanMilliseconds: actor.meanMs,
    lastMilliseconds: actor.lastMs,
    restarts: actor.restarts,
    p99Milliseconds: actor.p99Ms,
    upMilliseconds: actor.upMs,
  };
}
