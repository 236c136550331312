/**
 * The segment executor's messages. `open`, `forward` and `close` of a sequence travel down the pipeline one behind another:
 * each executor acts and passes them on, so no segment can see a forward before its open.
 */
import * as v from "valibot";
import type { StepResult } from "../../models/compute/mod.ts";
import type { Ref } from "../../runtime/actor/mod.ts";
import type { ConversationMessage } from "../conversation/protocol.ts";
import { Identifier, MAX_CONTEXT, MAX_ROWS, MAX_STEP_TOKENS, refTo, Sampling } from "../wire.ts";

/** One sequence's part of a forward pass. */
export interface ForwardRow {
  readonly sequence: string;
  /** Position of the first of `tokens`. */
  readonly position: number;
  /** The ids that are run, also where hidden states come along: the head needs them for repetition penalties. */
  readonly tokens: readonly number[];
  /** Whether the head samples the token that follows; false for all but the last chunk of a prefill. */
  readonly sample: boolean;
}

const Open = v.object({
  type: v.literal("open"),
  sequence: Identifier,
  /** The segments behind this one, in order. */
  route: v.pipe(v.array(refTo<ExecutorMessage>()), v.maxLength(1024)),
  conversation: refTo<ConversationMessage>(),
  sampling: Sampling,
});

const Close = v.object({ type: v.literal("close"), sequence: Identifier });

const Rare = v.variant("type", [Open, Close]);

/**
 * Parses what another device sent. A forward is checked by hand, since it comes for every token and hop.
 * @throws {TypeError} or a ValiError for anything that is no message to an executor.
 */
export function parseExecutorMessage(value: unknown): ExecutorMessage {
  if (!isObject(value) || value["type"] !== "forward") return v.parse(Rare, value);
  const { rows, hidden } = value;
  if (!Array.isArray(rows) || rows.length === 0 || rows.length > MAX_ROWS) {
    throw new TypeError("a forward has 1 to 256 rows");
  }
  if (hidden !== undefined && !(hidden instanceof Float32Array)) {
    throw new TypeError("hidden states are a Float32Array");
  }
  return { type: "forward", rows: rows.map(parseRow), hidden };
}

function parseRow(value: unknown): ForwardRow {
  if (!isObject(value)) throw new TypeError("a row is an object");
  const { sequence, position, tokens, sample } = value;
  if (typeof sequence !== "string" || sequence.length > 128) throw new TypeError("a row names its sequence");
  if (!isWhole(position, MAX_CONTEXT)) throw new TypeError("a row has a position");
  if (!Array.isArray(tokens) || tokens.length === 0 || tokens.length > MAX_STEP_TOKENS) {
    throw new TypeError("a row has tokens");
  }
  for (const token of tokens) if (!isWhole(token, 0x7fffffff)) throw new TypeError("a token is a whole number");
  return { sequence, position, tokens, sample: sample === true };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isWhole(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
}

/** What an executor is told. */
export type ExecutorMessage =
  | {
    readonly type: "open";
    readonly sequence: string;
    readonly route: readonly Ref<ExecutorMessage>[];
    readonly conversation: Ref<ConversationMessage>;
    readonly sampling: v.InferOutput<typeof Sampling>;
  }
  | {
    readonly type: "forward";
    readonly rows: readonly ForwardRow[];
    /** [tokens of all rows, width]; absent at the segment that holds the embedding. */
    readonly hidden?: Float32Array | undefined;
  }
  | { readonly type: "close"; readonly sequence: string }
  /** From itself: the step under way has ended. */
  | { readonly type: "computed"; readonly rows: readonly ForwardRow[]; readonly outcome: StepOutcome }
  /** From itself: the conversation of a sequence is gone. */
  | { readonly type: "orphaned"; readonly sequence: string };

/** How a step ended. */
export type StepOutcome =
  | { readonly type: "stepped"; readonly result: StepResult }
  | { readonly type: "failed"; readonly reason: string };
