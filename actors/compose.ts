/**
 * Puts a device's cast together from what the platform gives: each behaviour gets what it needs and no more. The daemon
 * composes with files, sockets and threads; tests with a loopback, a simulated clock and arithmetic.
 */
import type { Compute, ComputeRates } from "../models/compute/mod.ts";
import type { Manifest } from "../models/manifest.ts";
import type { BlockStore } from "../models/store/mod.ts";
import type { ActorSnapshot, Behaviour } from "../runtime/actor/mod.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Device } from "./device.ts";
import type { Announce } from "./events.ts";
import { gateway } from "./gateway/behaviour.ts";
import { Served } from "./gateway/served.ts";
import type { Host, Peers } from "./host.ts";
import { leader } from "./leader/behaviour.ts";
import type { ServingPolicy } from "./leader/policy.ts";
import type { Solver } from "./leader/solver.ts";
import { library } from "./library/behaviour.ts";
import { monitor } from "./monitor/behaviour.ts";
import { Links } from "./monitor/links.ts";
import { WorkTimes } from "./monitor/work-times.ts";
import { supervisor } from "./supervisor/behaviour.ts";
import { Loading } from "./supervisor/loading.ts";
import type { SupervisorMessage } from "./supervisor/protocol.ts";
import type { SupervisorState } from "./supervisor/state.ts";
import { viewOf } from "./supervisor/view.ts";

/** What the platform gives a device. */
export interface Parts {
  readonly device: string;
  /** What people call this device. */
  readonly name: string;
  readonly clock: Clock;
  readonly peers: Peers;
  /** Whether it was told addresses of other devices: then it looks for their leader before it leads. */
  readonly joins: boolean;
  readonly host: Host;
  readonly store: BlockStore;
  readonly compute: Compute;
  /** How fast this device computes, from a short trial or the memory of one. */
  readonly rates: () => Promise<ComputeRates>;
  readonly solver: Solver;
  /** Compiles a model file of this machine into the block store. @throws {ModelFileError} */
  readonly compile: (path: string) => Promise<Manifest>;
  /** How the model that this device offers is to be served. */
  readonly policy: ServingPolicy;
  /** The owner's limit for models on this device; absent: what is free. */
  readonly memoryLimitBytes?: number | undefined;
  /** How many times slower this device pretends to be; 1 for not at all. */
  readonly slowdown: number;
  /** This device's actors, for inspectors. */
  readonly actors: () => readonly ActorSnapshot[];
  readonly announce: Announce;
}

/** A device's actors, ready to be spawned. */
export interface Composed {
  /** The supervisor, which starts all others. */
  readonly root: Behaviour<SupervisorState, SupervisorMessage>;
  /** What the API is made from. */
  readonly device: Device;
}

/** Composes a device. */
export function composeDevice(parts: Parts): Composed {
  const { clock, store, compute, peers, announce, policy } = parts;
  const [work, links] = [new WorkTimes(), new Links(clock)];
  const measured = { ...parts, work, links };
  const device: Device = { ...parts, id: parts.device, served: new Served() };
  const loading = new Loading({
    device: parts.device,
    store,
    compute,
    clock,
    peers,
    announce,
    onTransfer: (from, bytes, milliseconds) => links.transferred(from, bytes, milliseconds),
  });
  const cast = {
    leader: leader(device),
    library: library(store),
    monitor: monitor(measured),
    gateway: gateway(device),
  };
  const look = (known: Parameters<typeof viewOf>[0]) => viewOf(known, measured);
  return {
    root: supervisor({ device: parts.device, clock, cast, loading, work, policy, announce, look }),
    device,
  };
}
