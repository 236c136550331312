/**
 * Puts a device's cast together from what the platform gives: each behaviour gets what it needs and no more. The daemon
 * composes with files, sockets and threads; tests with a loopback, a simulated clock and arithmetic.
 */
import type { Compute, ComputeRates } from "../models/compute/mod.ts";
import type { BlockStore } from "../models/store/mod.ts";
import type { Behaviour } from "../runtime/actor/mod.ts";
import type { Clock } from "../runtime/clock.ts";
import { balancer } from "./balancer/behaviour.ts";
import { BalanceRecord } from "./balancer/record.ts";
import type { CharterOptions } from "./charter.ts";
import type { Languages } from "./conversation/language.ts";
import type { Announce, DeviceEvent } from "./events.ts";
import { gateway } from "./gateway/behaviour.ts";
import { Served } from "./gateway/served.ts";
import { Traces } from "./gateway/traces.ts";
import type { Host, Peers } from "./host.ts";
import { inspector, type InspectorOptions } from "./inspector/behaviour.ts";
import { EventRing } from "./inspector/events.ts";
import { keeper } from "./keeper/behaviour.ts";
import { Pledges } from "./keeper/pledges.ts";
import { type Room, spareBytes } from "./keeper/room.ts";
import { leader } from "./leader/behaviour.ts";
import type { ServingPolicy } from "./leader/policy.ts";
import type { Solver } from "./leader/solver.ts";
import { library } from "./library/behaviour.ts";
import { monitor } from "./monitor/behaviour.ts";
import { Links } from "./monitor/links.ts";
import { WorkTimes } from "./monitor/work-times.ts";
import { supervisor } from "./supervisor/behaviour.ts";
import { Loading, type Remake } from "./supervisor/loading.ts";
import type { SupervisorMessage } from "./supervisor/protocol.ts";
import type { SupervisorOptions, SupervisorState } from "./supervisor/state.ts";

/** What the platform gives a device. */
export interface Parts {
  readonly device: string;
  /** What people call this device. */
  readonly name: string;
  readonly clock: Clock;
  readonly peers: Peers;
  /** Whether it was told addresses of other devices: then it looks for their leader before it leads. */
  readonly joins: boolean;
  /** Whether it has all blocks of a model that the mesh served when it was last up: then it looks for others for less long. */
  readonly returns?: boolean;
  readonly host: Host;
  readonly store: BlockStore;
  readonly compute: Compute;
  /** How models read and write. */
  readonly languages: Languages;
  /** How fast this device computes, from a short trial or the memory of one. */
  readonly rates: () => Promise<ComputeRates>;
  /** The same by another trial; absent where none is wanted. */
  readonly probe?: () => Promise<ComputeRates>;
  readonly solver: Solver;
  /** Makes the blocks of a model again whose file is at hand. */
  readonly remake?: Remake | undefined;
  /** Whether measurements may move blocks: see `actors/balancer`. Default: true. */
  readonly balances?: boolean;
  /** Whether conversations whose first segment is here guess what follows, where that pays. Default: true. */
  readonly speculates?: boolean;
  /** Whether blocks are given away when the device's owner needs it. Default: true. */
  readonly yields?: boolean;
  /** How it keeps to what the mesh serves; absent: that is not kept. */
  readonly charter?: CharterOptions;
  /** How the model that this device offers is to be served. */
  readonly policy: ServingPolicy;
  /** The owner's limit for models on this device; absent: what is free. */
  readonly memoryLimitBytes?: number | undefined;
  /** The owner's limit for blocks on disk that do not run here; absent: none. */
  readonly diskLimitBytes?: number | undefined;
  /** How many times slower this device pretends to be; 1 for not at all. */
  readonly slowdown: number;
  /** This device's actors and what they count, for inspectors. */
  readonly inspect: InspectorOptions["inspect"];
  readonly announce: Announce;
  /** Hears of each step of a segment. Default: nobody. */
  readonly onStep?: SupervisorOptions["onStep"];
}

/** A device's actors, ready to be spawned. */
export interface Composed {
  /** The supervisor, which starts all others. */
  readonly root: Behaviour<SupervisorState, SupervisorMessage>;
  /** How answers that entered here went. */
  readonly served: Served;
  /** The answers of late that entered here. */
  readonly traces: Traces;
  /** Takes what happens to whoever reads events: where the platform has something to tell. */
  readonly announce: Announce;
}

/** Composes a device. */
export function composeDevice(parts: Parts): Composed {
  const { device, clock, store, compute, languages, peers, policy, solver } = parts;
  const { balances = true, speculates = true, yields = true } = parts;
  const [work, links, served, events] = [new WorkTimes(), new Links(clock), new Served(), new EventRing(clock)];
  const announce: Announce = (event) => {
    const named = event.type === "leader" ? withName(event, parts) : event;
    events.record(named);
    parts.announce(named);
  };
  const traces = new Traces();
  const balance = new BalanceRecord(clock, balances);
  const pledges = new Pledges(clock);
  const room: Room = { limitBytes: parts.diskLimitBytes, keptBytes: 0, warned: false };
  const spareDisk = (diskBytes: number) => spareBytes(room, diskBytes);
  const measured = { ...parts, announce, work, links, events, balance, spareDisk };
  const onTransfer = (from: string, bytes: number, milliseconds: number) =>
    links.transferred(from, bytes, milliseconds);
  const { remake } = parts;
  const loading = new Loading({ device, store, compute, languages, clock, peers, announce, onTransfer, remake });
  const cast = {
    leader: leader({ ...parts, self: device, solver, announce, balances }),
    balancer: balancer({ ...measured, yields, probe: parts.probe }),
    keeper: keeper({ device, name: parts.name, clock, today: Date.now, peers, store, pledges, room, announce }),
    library: library(store, pledges),
    monitor: monitor(measured),
    gateway: gateway({ clock, served, traces, announce }),
    inspector: inspector(measured),
  };
  return {
    root: supervisor({
      ...{ device, clock, cast, loading, store, work, policy, speculates, announce },
      onStep: parts.onStep,
      choose: (prompt) => compute.choose(prompt),
    }),
    served,
    traces,
    announce,
  };
}

/** Elections know devices by their ids; people by their names. */
function withName(event: Extract<DeviceEvent, { type: "leader" }>, { device, name, peers }: Parts): DeviceEvent {
  const found = event.device === device ? name : peers().find((peer) => peer.device === event.device)?.name;
  return found === undefined ? event : { ...event, name: found };
}
