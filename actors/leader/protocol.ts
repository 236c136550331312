/** The leader's messages: election, what devices report and offer, and how far they are with a plan. */
import * as v from "valibot";
import type { ExecutorMessage } from "../executor/protocol.ts";
import { MeshState, PlanNumber } from "../plan.ts";
import { Count, Identifier, refTo, replyTo, ShortText, WireManifest } from "../wire.ts";

/** What a device's monitor says of it. */
export const DeviceReport = v.object({
  device: Identifier,
  name: ShortText,
  /** Bytes that a segment may use here, one that is loaded already included. */
  usableBytes: Count,
  totalBytes: Count,
});
export type DeviceReport = v.InferOutput<typeof DeviceReport>;

/** How many blocks each named device is to hold, in the order of the pipeline. */
export const Split = v.pipe(
  v.array(v.object({ device: ShortText, blocks: Count })),
  v.minLength(1),
  v.maxLength(1024),
);
export type Split = v.InferOutput<typeof Split>;

/** Answer to `pin`. */
export const Pinned = v.variant("type", [
  v.object({ type: v.literal("accepted") }),
  v.object({ type: v.literal("refused"), reason: ShortText }),
]);
export type Pinned = v.InferOutput<typeof Pinned>;

/** What other devices may send. */
export const WireLeaderMessage = v.variant("type", [
  v.object({ type: v.literal("claim"), term: Count, leader: Identifier }),
  v.object({ type: v.literal("report"), report: DeviceReport }),
  /** `complete`: the device has every block of the model, not only those of its segment. */
  v.object({ type: v.literal("offer"), device: Identifier, manifest: WireManifest, complete: v.boolean() }),
  v.object({
    type: v.literal("pin"),
    split: v.nullable(Split),
    replyTo: replyTo<Pinned>(),
  }),
  v.object({
    type: v.literal("prepared"),
    number: PlanNumber,
    device: Identifier,
    ref: refTo<ExecutorMessage>(),
  }),
  v.object({ type: v.literal("preparing"), number: PlanNumber, device: Identifier }),
  v.object({ type: v.literal("unprepared"), number: PlanNumber, device: Identifier, reason: ShortText }),
  v.object({ type: v.literal("segment-lost"), device: Identifier, number: PlanNumber, reason: ShortText }),
]);

/** What a leader is told. */
export type LeaderMessage =
  | v.InferOutput<typeof WireLeaderMessage>
  /** From the mesh. */
  | { readonly type: "peer-up" | "peer-down"; readonly device: string }
  /** From its own supervisor: what the acting leader has published. */
  | { readonly type: "published"; readonly term: number; readonly leader: string; readonly state: MeshState }
  /** From its own clock. */
  | { readonly type: "tick" };
