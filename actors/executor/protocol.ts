/**
 * The segment executor's messages. `open`, `forward` and `close` of a sequence travel down the pipeline one behind another:
 * each executor acts and passes them on, so no segment can see a forward before its open.
 */
import * as v from "valibot";
import type { StepResult } from "../../models/compute/mod.ts";
import type { Ref } from "../../runtime/actor/mod.ts";
import type { ConversationMessage } from "../conversation/protocol.ts";
import { Identifier, MAX_ROWS, MAX_STEP_TOKENS, Position, refTo, Sampling, TokenId } from "../wire.ts";

/** One sequence's part of a forward pass. */
export const ForwardRow = v.object({
  sequence: Identifier,
  /** Position of the first of `tokens`. */
  position: Position,
  /** The ids that are run, also where hidden states come along: the head needs them for repetition penalties. */
  tokens: v.pipe(v.array(TokenId), v.minLength(1), v.maxLength(MAX_STEP_TOKENS)),
  /** Whether the head samples the token that follows; false for all but the last chunk of a prefill. */
  sample: v.boolean(),
});
export type ForwardRow = v.InferOutput<typeof ForwardRow>;

const Open = v.object({
  type: v.literal("open"),
  sequence: Identifier,
  /** The segments behind this one, in order. */
  route: v.pipe(v.array(refTo<ExecutorMessage>()), v.maxLength(1024)),
  conversation: refTo<ConversationMessage>(),
  sampling: Sampling,
});

const Forward = v.object({
  type: v.literal("forward"),
  rows: v.pipe(v.array(ForwardRow), v.minLength(1), v.maxLength(MAX_ROWS)),
  /** [tokens of all rows, width]; absent at the segment that holds the embedding. */
  hidden: v.optional(v.instance(Float32Array)),
});

const Close = v.object({ type: v.literal("close"), sequence: Identifier });

/** What other devices may send. */
export const WireExecutorMessage = v.variant("type", [Open, Forward, Close]);

/** What an executor is told. */
export type ExecutorMessage =
  | {
    readonly type: "open";
    readonly sequence: string;
    readonly route: readonly Ref<ExecutorMessage>[];
    readonly conversation: Ref<ConversationMessage>;
    readonly sampling: v.InferOutput<typeof Sampling>;
  }
  | { readonly type: "forward"; readonly rows: readonly ForwardRow[]; readonly hidden?: Float32Array | undefined }
  | { readonly type: "close"; readonly sequence: string }
  /** From itself: the step under way has ended. */
  | { readonly type: "computed"; readonly rows: readonly ForwardRow[]; readonly outcome: StepOutcome }
  /** From itself: the conversation of a sequence is gone. */
  | { readonly type: "orphaned"; readonly sequence: string };

/** How a step ended. */
export type StepOutcome =
  | { readonly type: "stepped"; readonly result: StepResult }
  | { readonly type: "failed"; readonly reason: string };
