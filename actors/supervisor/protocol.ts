/** The supervisor's messages: assignments from the leader, conversations for gateways. */
import * as v from "valibot";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import type { ConversationMessage, FromConversation } from "../conversation/protocol.ts";
import { AnswerRequest, Progress } from "../conversation/protocol.ts";
import { ServingPolicy } from "../leader/policy.ts";
import type { ExecutorMessage } from "../executor/protocol.ts";
import type { LeaderMessage } from "../leader/protocol.ts";
import { MeshState, PlanNumber } from "../plan.ts";
import { accepting, Count, Identifier, Position, refTo, replyTo, Sha256, ShortText } from "../wire.ts";

/** Where to reach a new conversation. */
export const Conversing = v.variant("type", [
  v.object({ type: v.literal("conversing"), conversation: refTo<ConversationMessage>() }),
  v.object({ type: v.literal("declined"), reason: ShortText }),
]);
export type Conversing = v.InferOutput<typeof Conversing>;

const Assign = v.object({
  type: v.literal("assign"),
  number: PlanNumber,
  model: Sha256,
  policy: ServingPolicy,
  first: Count,
  last: Count,
  context: Position,
  concurrency: v.pipe(Count, v.minValue(1), v.maxValue(1024)),
  bytes: Count,
  /** Devices that may have the manifest and the blocks. */
  sources: v.pipe(v.array(Identifier), v.maxLength(1024)),
  replyTo: refTo<LeaderMessage>(),
});

const Reserve = v.object({
  type: v.literal("reserve"),
  model: Sha256,
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

/** An attempt at a plan is over: what was loaded for it, and no plan in force uses, is to be let go. */
const Withdraw = v.object({ type: v.literal("withdraw"), number: PlanNumber, leader: Identifier });
export type WithdrawMessage = v.InferOutput<typeof Withdraw>;

const Converse = v.object({
  type: v.literal("converse"),
  id: Identifier,
  plan: PlanNumber,
  request: AnswerRequest,
  progress: Progress,
  answer: refTo<FromConversation>(),
  replyTo: replyTo<Conversing>(),
});

/** What a device knows of the mesh. */
export interface MeshView {
  readonly leader: string | undefined;
  readonly term: number;
  readonly state: MeshState;
}

/** What a supervisor holds, for the inspector of its device. */
export interface HeldView {
  readonly leader: string | undefined;
  readonly term: number;
  readonly segments: readonly HeldSegment[];
}

export interface HeldSegment {
  readonly ref: Ref<ExecutorMessage>;
  readonly model: string;
  /** Indices of its blocks, both ends included. */
  readonly first: number;
  readonly last: number;
  /** Of weights and caches, and of weights alone. */
  readonly bytes: number;
  readonly weightBytes: number;
}

/** What other devices may send. */
export const WireSupervisorMessage = v.variant("type", [Assign, Withdraw, Reserve, Publish, Converse]);

/** Parses what `from` sent; plans are the acting leader's own to give. @throws {TypeError} or a ValiError */
export const acceptSupervisorMessage = accepting(
  WireSupervisorMessage,
  (message: v.InferOutput<typeof WireSupervisorMessage>): readonly string[] => {
    switch (message.type) {
      case "assign":
        return [message.replyTo.device];
      case "publish":
      case "reserve":
      case "withdraw":
        return [message.leader];
      case "converse":
        return [message.answer.device];
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
  /** From itself: a load of this model has come to its end. */
  | { readonly type: "loaded"; readonly model: string }
  /** From the daemon: this device has a model to offer, in full, in its block store. */
  | { readonly type: "offer"; readonly model: string }
  /** From the device's own API. */
  | { readonly type: "mesh"; readonly replyTo: Ref<Reply<MeshView>> }
  /** From the device's own inspector. */
  | { readonly type: "held"; readonly replyTo: Ref<Reply<HeldView>> }
  /** A segment's executor has ended. */
  | { readonly type: "segment-ended"; readonly path: string; readonly reason: string; readonly detail: string }
  | { readonly type: "conversation-ended"; readonly id: string };
