/** What leader and gateway share of a device. */
import type { Clock } from "../runtime/clock.ts";
import type { Manifest } from "../models/manifest.ts";
import type { Served } from "./gateway/served.ts";
import type { Solver } from "./leader/solver.ts";
import type { Announce } from "./events.ts";
import type { Peers } from "./host.ts";

export type { DeviceEvent } from "./events.ts";

/** The shared part of a device. */
export interface Device {
  readonly id: string;
  readonly name: string;
  readonly clock: Clock;
  /** Whether it was told addresses of other devices. */
  readonly joins: boolean;
  /** Compiles a model file of this machine into the block store. @throws {ModelFileError} */
  compile(path: string): Promise<Manifest>;
  readonly peers: Peers;
  /** How answers that entered here went. */
  readonly served: Served;
  readonly solver: Solver;
  readonly announce: Announce;
}
