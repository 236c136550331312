/** What happens on a device that its owner wants to read; `skein up` prints these. */
import type { PlannedSegment } from "./plan.ts";

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
  /** Blocks that another device runs and this one has loaded too, to go on at once should that one be lost. */
  | { readonly type: "mirror"; readonly first: number; readonly last: number; readonly owner: string }
  | { readonly type: "released"; readonly first: number; readonly last: number }
  | {
    readonly type: "plan";
    readonly term: number;
    readonly epoch: number;
    readonly model: string;
    readonly segments: readonly Pick<PlannedSegment, "name" | "first" | "last">[];
  }
  /** What a balancer, or the leader that heard it, has decided, and why: a sentence. */
  | { readonly type: "balance"; readonly step: BalanceStep; readonly reason: string }
  | { readonly type: "waiting"; readonly reason: string }
  | { readonly type: "warning"; readonly message: string };

/** What becomes of an imbalance: proposed by its device, then the leader's, with how the move turned out. */
export type BalanceStep = "proposed" | "moving" | "staying" | "helped" | "undecided" | "worse";

/** Takes events to whoever reads them. */
export type Announce = (event: DeviceEvent) => void;
