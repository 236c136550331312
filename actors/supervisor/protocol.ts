/** The supervisor's messages: assignments from the leader, conversations for gateways, a look at the device for inspectors. */
import * as v from "valibot";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { ConversationMessage, FromConversation } from "../conversation/protocol.ts";
import { AnswerRequest, Progress } from "../conversation/protocol.ts";
import { ServingPolicy } from "../leader/policy.ts";
import { DeviceReport, type LeaderMessage } from "../leader/protocol.ts";
import { MeshState, PlanNumber } from "../plan.ts";
import { accepting, Count, Identifier, Position, refTo, replyTo, ShortText, WireManifest } from "../wire.ts";

/** One actor as an inspector sees it. */
export const ActorRow = v.object({
  path: ShortText,
  state: ShortText,
  mailbox: Count,
  mailboxBound: Count,
  handled: Count,
  meanMilliseconds: v.number(),
  lastMilliseconds: v.number(),
  restarts: Count,
});
export type ActorRow = v.InferOutput<typeof ActorRow>;

/** A device as an inspector sees it. */
export const DeviceView = v.object({
  device: Identifier,
  name: ShortText,
  leader: v.optional(Identifier),
  term: Count,
  memory: v.object({ usableBytes: Count, totalBytes: Count, processBytes: Count }),
  /** What planning goes by: see `DeviceReport`. */
  speed: v.object({
    slowdown: v.number(),
    rates: v.optional(DeviceReport.entries.rates),
    work: DeviceReport.entries.work,
  }),
  sensors: DeviceReport.entries.sensors,
  links: v.pipe(
    v.array(v.object({
      device: Identifier,
      name: ShortText,
      roundTripMilliseconds: v.optional(v.number()),
      /** From that device to this one. */
      bytesPerSecond: v.optional(v.number()),
    })),
    v.maxLength(1024),
  ),
  segments: v.pipe(
    v.array(v.object({ path: ShortText, first: Count, last: Count, bytes: Count, weightBytes: Count })),
    v.maxLength(256),
  ),
  actors: v.pipe(v.array(ActorRow), v.maxLength(4096)),
});
export type DeviceView = v.InferOutput<typeof DeviceView>;

/** Where to reach a new conversation. */
export const Conversing = v.variant("type", [
  v.object({ type: v.literal("conversing"), conversation: refTo<ConversationMessage>() }),
  v.object({ type: v.literal("declined"), reason: ShortText }),
]);
export type Conversing = v.InferOutput<typeof Conversing>;

const Assign = v.object({
  type: v.literal("assign"),
  number: PlanNumber,
  manifest: WireManifest,
  policy: ServingPolicy,
  first: Count,
  last: Count,
  context: Position,
  concurrency: v.pipe(Count, v.minValue(1), v.maxValue(1024)),
  bytes: Count,
  /** Devices that may have the blocks. */
  sources: v.pipe(v.array(Identifier), v.maxLength(1024)),
  replyTo: refTo<LeaderMessage>(),
});

const Reserve = v.object({
  type: v.literal("reserve"),
  manifest: WireManifest,
  first: Count,
  last: Count,
  /** Who runs these blocks, for people. */
  owner: ShortText,
  sources: v.pipe(v.array(Identifier), v.maxLength(1024)),
  leader: Identifier,
});
export type ReserveMessage = v.InferOutput<typeof Reserve>;

const Publish = v.object({ type: v.literal("publish"), term: Count, leader: Identifier, state: MeshState });
export type PublishMessage = v.InferOutput<typeof Publish>;

const Converse = v.object({
  type: v.literal("converse"),
  id: Identifier,
  plan: PlanNumber,
  request: AnswerRequest,
  progress: Progress,
  answer: refTo<FromConversation>(),
  replyTo: replyTo<Conversing>(),
});

const View = v.object({ type: v.literal("view"), replyTo: replyTo<DeviceView>() });

/** What a device knows of the mesh. */
export interface MeshView {
  readonly leader: string | undefined;
  readonly term: number;
  readonly state: MeshState;
}

/** What other devices may send. */
export const WireSupervisorMessage = v.variant("type", [Assign, Reserve, Publish, Converse, View]);

/** Parses what `from` sent; plans are the acting leader's own to give. @throws {TypeError} or a ValiError */
export const acceptSupervisorMessage = accepting(
  WireSupervisorMessage,
  (message: v.InferOutput<typeof WireSupervisorMessage>): readonly string[] => {
    switch (message.type) {
      case "assign":
        return [message.replyTo.device];
      case "publish":
      case "reserve":
        return [message.leader];
      case "converse":
        return [message.answer.device];
      case "view":
        return [];
      default:
        return message satisfies never;
    }
  },
);

export type AssignMessage = v.InferOutput<typeof Assign>;
export type ConverseMessage = v.InferOutput<typeof Converse>;

/** What a supervisor is told. */
export type SupervisorMessage =
  | v.InferOutput<typeof WireSupervisorMessage>
  /** From itself: a load has come to its end. */
  | { readonly type: "loaded" }
  /** From the daemon: this device has a model to offer. */
  | { readonly type: "offer"; readonly manifest: Manifest }
  /** From the device's own API. */
  | { readonly type: "mesh"; readonly replyTo: Ref<Reply<MeshView>> }
  /** A segment's executor has ended. */
  | { readonly type: "segment-ended"; readonly path: string; readonly reason: string; readonly detail: string }
  | { readonly type: "conversation-ended"; readonly id: string };
