/** The supervisor's messages: orders of the leader, conversations for gateways. */
import * as v from "valibot";
import type { StoredFile } from "../../models/store/mod.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import type { CharteredModel } from "../charter.ts";
import type { ConversationMessage, FromConversation } from "../conversation/protocol.ts";
import { AnswerRequest, Progress } from "../conversation/protocol.ts";
import type { ExecutorMessage } from "../executor/protocol.ts";
import type { Order } from "../leader/orders.ts";
import { type MeshState, PlanNumber } from "../plan.ts";
import { Weigh } from "../weighing.ts";
import { accepting, refTo, replyTo, ShortText } from "../wire.ts";

/** Where to reach a new conversation. */
export const Conversing = v.variant("type", [
  v.object({ type: v.literal("conversing"), conversation: refTo<ConversationMessage>() }),
  v.object({ type: v.literal("declined"), reason: ShortText }),
]);
export type Conversing = v.InferOutput<typeof Conversing>;

/** A conversation's id: part of its actor's name, so none can be asked for that no actor may have. */
const ConversationId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_.+-]{1,100}$/));

const Converse = v.object({
  type: v.literal("converse"),
  id: ConversationId,
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
  /** What people call the model. */
  readonly modelName?: string;
  /** Indices of its blocks, both ends included. */
  readonly first: number;
  readonly last: number;
  /** Of weights and caches, and of weights alone. */
  readonly bytes: number;
  readonly weightBytes: number;
}

/** What of this device's block store is in use. */
export interface StoreUse {
  /** Hashes of blobs that run here, or are being loaded. */
  readonly blobs: readonly string[];
  /** Models that run here, and those that the mesh serves or by its charter is to serve, by id. */
  readonly running: readonly string[];
  readonly served: readonly string[];
}

/** From the device's own keeper: files that are to go, of these models; the answer is those that have gone. */
export interface DiscardMessage {
  readonly type: "discard";
  readonly files: readonly StoredFile[];
  readonly models: readonly string[];
  readonly replyTo: Ref<Reply<readonly StoredFile[]>>;
}

/** Parses what `from` sent: about prompts alone, and for itself. What a leader orders comes by way of the leader actor. */
export const acceptSupervisorMessage = accepting<ConverseMessage | Weigh>(
  v.variant("type", [Converse, Weigh]),
  (message) => [message.type === "converse" ? message.answer.device : message.replyTo.device],
);

export type ConverseMessage = v.InferOutput<typeof Converse>;

/** What a supervisor is told. */
export type SupervisorMessage =
  | ConverseMessage
  | Weigh
  /** From its own leader actor: an order of the device that is elected. */
  | Order
  /** From its own leader actor: who is elected, in which term. */
  | { readonly type: "elected"; readonly leader: string | undefined; readonly term: number }
  /** From its own leader actor: what the mesh is to serve. */
  | { readonly type: "chartered"; readonly models: readonly CharteredModel[] }
  /** From itself: a load of this model has come to its end. */
  | { readonly type: "loaded"; readonly model: string }
  /** From the daemon: this device has a model to offer in its block store, in full unless it says otherwise. */
  | { readonly type: "offer"; readonly model: string; readonly complete?: boolean }
  /** From the device's own API. */
  | { readonly type: "mesh"; readonly replyTo: Ref<Reply<MeshView>> }
  /** From the device's own inspector. */
  | { readonly type: "held"; readonly replyTo: Ref<Reply<HeldView>> }
  /** From the device's own keeper. */
  | { readonly type: "store-use"; readonly replyTo: Ref<Reply<StoreUse>> }
  | DiscardMessage
  /** From itself: a new segment has the caches that it inherits, or as much of them as could be had. */
  | { readonly type: "inherited"; readonly path: string }
  /** From its own clock: the heirs of a segment have had their time. */
  | { readonly type: "bequeathed"; readonly path: string }
  /** A segment's executor has ended. */
  | { readonly type: "segment-ended"; readonly path: string; readonly reason: string; readonly detail: string }
  | { readonly type: "conversation-ended"; readonly id: string };
