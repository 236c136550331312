/** The leader's messages: election, what devices report and offer, and how far they are with a plan. */
import * as v from "valibot";
import type { Manifest } from "../../models/manifest.ts";
import { Pace, Proposal } from "../balancer/protocol.ts";
import { BlockRuns } from "../block-runs.ts";
import { SignedCharter } from "../charter.ts";
import type { LenderMessage } from "../executor/heritage-protocol.ts";
import type { SegmentMessage } from "../pipeline.ts";
import { PlanNumber } from "../plan.ts";
import { Pin } from "../recall.ts";
import { giverOf, Order, Prepared, Preparing, Unprepared } from "./orders.ts";
import { ServingPolicy, Split } from "./policy.ts";
import type { SolveAnswer } from "./solver.ts";
import { Use } from "./using.ts";
import {
  accepting,
  Count,
  Identifier,
  Milliseconds,
  refTo,
  replyTo,
  Sha256,
  ShortText,
  WireManifest,
} from "../wire.ts";

/** As many slices as a layer may have: see `models/validate-manifest.ts`. */
const MAX_LEVELS = 64;
/** Above 0, 1 at most: what is nearly nothing is no measurement. */
const Share = v.pipe(v.number(), v.minValue(1e-3), v.maxValue(1));

/** How long one block takes on a device, learnt from real work. */
export const BlockTime = v.object({
  index: Count,
  decodeMilliseconds: Milliseconds,
  prefillMillisecondsPerToken: v.optional(Milliseconds),
});
export type BlockTime = v.InferOutput<typeof BlockTime>;

/** What a decoder layer takes in a step of so many rows (1, 2, 4, 8, or 16 and more), the median of so many steps. */
export const BatchTime = v.object({
  rows: v.picklist([1, 2, 4, 8, 16]),
  steps: Count,
  layerMilliseconds: Milliseconds,
});
export type BatchTime = v.InferOutput<typeof BatchTime>;

/** What a level of an elastic model takes in the layers that are sliced, as a share of what they take as a whole. */
export const LevelTime = v.object({
  level: v.pipe(Count, v.minValue(1), v.maxValue(MAX_LEVELS)),
  decodeShare: v.optional(Share),
  prefillShare: v.optional(Share),
});
export type LevelTime = v.InferOutput<typeof LevelTime>;

/** One direction: from another device to the one that reports. */
export const LinkReport = v.object({
  from: Identifier,
  roundTripMilliseconds: Milliseconds,
  bytesPerSecond: v.pipe(v.number(), v.finite(), v.minValue(0)),
});
export type LinkReport = v.InferOutput<typeof LinkReport>;

/** What a device's monitor says of it. */
export const DeviceReport = v.object({
  device: Identifier,
  name: ShortText,
  /** Bytes that a segment may use here, one that is loaded already included. */
  usableBytes: Count,
  totalBytes: Count,
  /** Bytes of disk that blocks in reserve may take. */
  spareDiskBytes: Count,
  /** From a short trial at start: what counts for blocks that have not run here. */
  rates: v.object({
    decodeNanosecondsPerByte: v.pipe(v.number(), v.finite(), v.minValue(0)),
    prefillNanosecondsPerMultiplyAdd: v.pipe(v.number(), v.finite(), v.minValue(0)),
  }),
  /** What a decode step takes beyond its blocks; absent until steps have run here. */
  overheadMilliseconds: v.optional(Milliseconds),
  /** Blocks that have run here, by model. */
  work: v.pipe(
    v.array(v.object({
      model: Sha256,
      blocks: v.pipe(v.array(BlockTime), v.maxLength(1024)),
      batches: v.optional(v.pipe(v.array(BatchTime), v.maxLength(5))),
      levels: v.optional(v.pipe(v.array(LevelTime), v.maxLength(MAX_LEVELS))),
    })),
    v.maxLength(8),
  ),
  /** The devices that it is connected to, measured or not. */
  peers: v.pipe(v.array(Identifier), v.maxLength(512)),
  links: v.pipe(v.array(LinkReport), v.maxLength(512)),
  /** How many times slower the device was asked to pretend to be; 1 for not at all. */
  slowdown: v.pipe(v.number(), v.finite(), v.minValue(1)),
  sensors: v.object({
    cores: Count,
    load: v.number(),
    batteryCharge: v.optional(v.number()),
    onBattery: v.optional(v.boolean()),
    celsius: v.optional(v.number()),
  }),
});
export type DeviceReport = v.InferOutput<typeof DeviceReport>;

/** Answer to `pin`. */
export const Pinned = v.variant("type", [
  v.object({ type: v.literal("accepted") }),
  v.object({ type: v.literal("refused"), reason: ShortText }),
]);
export type Pinned = v.InferOutput<typeof Pinned>;

/** Answer to `study`. Plain JSON for whoever prints it; nothing acts on it. */
export type Study =
  | { readonly type: "studied"; readonly answer: unknown }
  | { readonly type: "refused"; readonly reason: string };

/** Answer to `leaving`: whether others are looked for that could take over what the device has. */
export const Leaving = v.object({ type: v.picklist(["moving", "nobody"]) });
export type Leaving = v.InferOutput<typeof Leaving>;

/** What other devices may send. */
export const WireLeaderMessage = v.variant("type", [
  v.object({ type: v.literal("claim"), term: Count, leader: Identifier }),
  /** The device has lost the leader of that term. */
  v.object({ type: v.literal("bereaved"), device: Identifier, term: Count, leader: Identifier }),
  /** The device has no leader to tell of. `asks`: it has just started, and missed what was told before. */
  v.object({ type: v.literal("leaderless"), device: Identifier, asks: v.boolean() }),
  v.object({ type: v.literal("report"), report: DeviceReport }),
  /** `complete`: the device has every block of the model, not only those of its segment. */
  v.object({
    type: v.literal("offer"),
    device: Identifier,
    model: Sha256,
    policy: ServingPolicy,
    complete: v.boolean(),
    /** The split that people asked for, as this device heard of it last. */
    pin: v.optional(Pin),
  }),
  /** What the mesh is to serve, as far as the device knows; its signer speaks, whoever tells it. */
  v.object({ type: v.literal("charter"), charter: SignedCharter }),
  /** The device of a model's first segment has no conversation of it under way. */
  v.object({ type: v.literal("drained"), device: Identifier, model: Sha256 }),
  /** Blocks of a model that the device has on its disk. */
  v.object({ type: v.literal("holds"), device: Identifier, model: Sha256, blocks: BlockRuns }),
  v.object({
    type: v.literal("study"),
    /** The model's id; absent: the first that is served. */
    model: v.optional(Sha256),
    changes: v.pipe(v.array(ShortText), v.maxLength(32)),
    /** The models that changes name, compiled where the person who asks has them. */
    models: v.pipe(v.array(v.object({ path: ShortText, manifest: WireManifest })), v.maxLength(8)),
    replyTo: replyTo<Study>(),
  }),
  v.object({
    type: v.literal("pin"),
    /** The model's id; absent: the first that is served. */
    model: v.optional(Sha256),
    split: v.nullable(Split),
    replyTo: replyTo<Pinned>(),
  }),
  Use,
  Preparing,
  Prepared,
  Unprepared,
  v.object({
    type: v.literal("segment-lost"),
    device: Identifier,
    number: PlanNumber,
    /** Which one; absent: all that the device holds. */
    ref: v.optional(refTo<SegmentMessage | LenderMessage>()),
    reason: ShortText,
  }),
  /** The device goes soon: the plan is to do without it. */
  v.object({ type: v.literal("leaving"), device: Identifier, replyTo: replyTo<Leaving>() }),
  /** For the device that it reaches; counts where its giver is the one that this device holds for elected. */
  v.object({ type: v.literal("order"), order: Order }),
  v.object({ type: v.literal("propose"), proposal: Proposal }),
  v.object({ type: v.literal("pace"), pace: Pace }),
]);

type WireLeaderMessage = v.InferOutput<typeof WireLeaderMessage>;

const acceptSpoken = accepting(
  WireLeaderMessage,
  (message: WireLeaderMessage): readonly string[] => {
    switch (message.type) {
      // Members tell each other who leads, whoever that is.
      case "claim":
      case "study":
      case "pin":
      case "charter":
        return [];
      case "report":
        return [message.report.device];
      case "propose":
        return [message.proposal.device];
      case "pace":
        return [message.pace.device];
      case "prepared":
        // Else a segment could be said to be on a third device.
        return [message.device, message.ref.device];
      case "bereaved":
      case "leaderless":
      case "offer":
      case "use":
      case "drained":
      case "holds":
      case "preparing":
      case "unprepared":
      case "segment-lost":
      case "leaving":
        return [message.device];
      case "order":
        return [giverOf(message.order)];
      default:
        return message satisfies never;
    }
  },
);

/**
 * Parses what `from` sent; what a device says of itself it must say itself, and a claim keeps who told it.
 * @throws {TypeError} or a ValiError
 */
export function acceptLeaderMessage(value: unknown, from: string): LeaderMessage {
  const message = acceptSpoken(value, from);
  return message.type === "claim" ? { ...message, from } : message;
}

/** What a leader is told. */
export type LeaderMessage =
  | Exclude<WireLeaderMessage, { readonly type: "claim" }>
  /** `from` is the device that told it; absent where that is the claimant. */
  | { readonly type: "claim"; readonly term: number; readonly leader: string; readonly from?: string }
  /** From the mesh. */
  | { readonly type: "peer-up" | "peer-down"; readonly device: string }
  /** From itself: the manifest of a model that was offered, or why it could not be had. */
  | { readonly type: "manifest"; readonly model: string; readonly manifest: Manifest }
  | { readonly type: "manifest"; readonly model: string; readonly error: string }
  /** From itself: a charter's signature has been checked, or made. */
  | { readonly type: "charter-checked" | "charter-signed"; readonly charter: SignedCharter }
  /** From its planning thread. */
  | { readonly type: "solved"; readonly id: number; readonly answer: SolveAnswer | { readonly error: string } }
  /** From its own clock: `wake` where something is due before the next tick. */
  | { readonly type: "tick" | "wake" };
