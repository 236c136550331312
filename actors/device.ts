/** What the actors of one device share: its name, its clock and the edges of the platform behind interfaces. */
import type { Clock } from "../runtime/clock.ts";
import type { Manifest } from "../models/manifest.ts";
import type { BlockStore } from "../models/store/mod.ts";
import type { Compute, ComputeRates } from "../models/compute/mod.ts";
import type { Served } from "./gateway/served.ts";
import type { ServingPolicy } from "./leader/policy.ts";
import type { DeviceReport } from "./leader/protocol.ts";
import type { Solver } from "./leader/solver.ts";
import type { Links } from "./monitor/links.ts";
import type { WorkTimes } from "./monitor/work-times.ts";
import type { PlannedSegment } from "./plan.ts";

/** A live peer as the mesh knows it. */
export interface PeerView {
  readonly device: string;
  readonly name: string;
  readonly roundTripMs: number | undefined;
}

/** What happens on a device that its owner wants to read; `skein up` prints these. */
export type DeviceEvent =
  | { readonly type: "leader"; readonly device: string; readonly term: number }
  | { readonly type: "fetching"; readonly doneBytes: number; readonly totalBytes: number; readonly from: string }
  | {
    readonly type: "segment";
    readonly first: number;
    readonly last: number;
    readonly bytes: number;
    readonly milliseconds: number;
  }
  /** Blocks that another device runs and this one keeps on disk, to take over from it. */
  | { readonly type: "standby"; readonly first: number; readonly last: number; readonly owner: string }
  | { readonly type: "released"; readonly first: number; readonly last: number }
  | {
    readonly type: "plan";
    readonly term: number;
    readonly epoch: number;
    readonly model: string;
    readonly segments: readonly Pick<PlannedSegment, "name" | "first" | "last">[];
  }
  | { readonly type: "waiting"; readonly reason: string }
  | { readonly type: "warning"; readonly message: string };

/** The shared part of a device. */
export interface Device {
  readonly id: string;
  readonly name: string;
  readonly clock: Clock;
  /** Whether it was told addresses of other devices. */
  readonly joins: boolean;
  readonly store: BlockStore;
  readonly compute: Compute;
  /** Compiles a model file of this machine into the block store. @throws {ModelFileError} */
  compile(path: string): Promise<Manifest>;
  /** Live peers, this device not among them. */
  peers(): readonly PeerView[];
  /** What is free for models, and in all; bytes. */
  readMemory(): Promise<{ readonly totalBytes: number; readonly availableBytes: number }>;
  /** Bytes free on the disk that holds the block store. */
  readFreeDisk(): Promise<number>;
  /** Bytes that this process holds. */
  processBytes(): number;
  /** The owner's limit for models on this device; absent: what is free. */
  readonly memoryLimitBytes?: number;
  /** How the model that this device offers is to be served. */
  readonly policy: ServingPolicy;
  /** How many times slower this device pretends to be; 1 for not at all. */
  readonly slowdown: number;
  /** How fast this device computes, from a short trial or the memory of one. */
  rates(): Promise<ComputeRates>;
  /** What machines tell beside memory. */
  readSensors(): Promise<DeviceReport["sensors"]>;
  /** Times of blocks that have run here. */
  readonly work: WorkTimes;
  /** The links to this device. */
  readonly links: Links;
  /** How answers that entered here went. */
  readonly served: Served;
  readonly solver: Solver;
  announce(event: DeviceEvent): void;
}
