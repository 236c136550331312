/** What a leader is made with. */
import type { Clock } from "../runtime/clock.ts";
import type { Announce } from "./events.ts";
import type { Peers } from "./host.ts";
import type { Solver } from "./leader/solver.ts";

export type { DeviceEvent } from "./events.ts";

export interface Device {
  readonly id: string;
  readonly clock: Clock;
  /** Whether it was told addresses of other devices. */
  readonly joins: boolean;
  readonly peers: Peers;
  readonly solver: Solver;
  readonly announce: Announce;
}
