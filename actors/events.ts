/** What happens on a device that its owner wants to read; `skein up` prints these. */
import type { ActivePlan, PlannedSegment } from "./plan.ts";

export type DeviceEvent =
  /** `name` is what people call the leader; absent where that is not known. */
  | { readonly type: "leader"; readonly device: string; readonly term: number; readonly name?: string }
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
  /** Blocks that do not run here were deleted, and why. */
  | { readonly type: "discarded"; readonly bytes: number; readonly reason: string }
  | { readonly type: "released"; readonly first: number; readonly last: number }
  | {
    readonly type: "plan";
    readonly term: number;
    readonly epoch: number;
    readonly model: string;
    readonly segments: readonly Pick<PlannedSegment, "name" | "first" | "last">[];
    /** Of a split that people pinned: whether it was asked for just now, or was waiting for its devices. */
    readonly pinned?: "new" | "again";
  }
  /** What this device runs of a model, which has changed; nothing, where `runs` is empty. */
  | {
    readonly type: "part";
    readonly model: string;
    readonly blocks: number;
    readonly planner: ActivePlan["planner"];
    readonly runs: readonly Pick<PlannedSegment, "first" | "last">[];
    /** Names of the devices that run it. */
    readonly on: readonly string[];
    /** From token to token, as predicted. */
    readonly tokenMilliseconds?: number;
  }
  /** What a balancer, or the leader that heard it, has decided, and why: a sentence. */
  | { readonly type: "balance"; readonly step: BalanceStep; readonly reason: string }
  | { readonly type: "waiting"; readonly reason: string }
  /** Another device has come, or gone. */
  | {
    readonly type: "peer";
    readonly change: "up" | "down";
    readonly device: string;
    readonly name: string;
    readonly reason?: string;
  }
  | ({ readonly type: "answer"; readonly id: string; readonly model: string } & AnswerStage)
  | { readonly type: "warning"; readonly message: string };

/** How far an answer is that entered at this device. Says nothing of its words. */
export type AnswerStage =
  | { readonly stage: "began" }
  /**
   * Its prompt is in the pipeline; `route` are the names of the devices that it goes through. Once more about each second,
   * with how many tokens have been `read`.
   */
  | {
    readonly stage: "reading";
    readonly promptTokens: number;
    readonly route: readonly string[];
    readonly read?: number;
  }
  | { readonly stage: "writing"; readonly ttftMilliseconds: number }
  /** About once a second. */
  | { readonly stage: "going"; readonly tokens: number }
  /** Its conversation is lost, and another one is to go on with it. */
  | { readonly stage: "interrupted"; readonly tokens: number; readonly reason: string }
  | {
    readonly stage: "ended";
    readonly reason: string;
    readonly promptTokens: number;
    readonly tokens: number;
    readonly ttftMilliseconds: number;
    readonly totalMilliseconds: number;
    readonly conversations: number;
    /** At which level of an elastic model. */
    readonly level?: number;
    /** Whether it took no longer than its target allowed; absent where it had none, or that is not known. */
    readonly met?: boolean;
  }
  | { readonly stage: "failed"; readonly message: string }
  /** Nobody reads it any more. */
  | { readonly stage: "left"; readonly tokens: number };

/** What becomes of an imbalance: proposed by its device, then the leader's, with how the move turned out. */
export type BalanceStep = "proposed" | "moving" | "staying" | "helped" | "undecided" | "worse";

/** Takes events to whoever reads them. */
export type Announce = (event: DeviceEvent) => void;
