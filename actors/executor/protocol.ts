/** The segment executor's messages: what travels down the pipeline, its own notices, and a look at how it is doing. */
import * as v from "valibot";
import type { StepResult } from "../../models/compute/mod.ts";
import { ANY, type Ref, type Reply } from "../../runtime/actor/mod.ts";
import { Close, type Enter, type Forward, type Leave, Open } from "../pipeline.ts";
import type { SpanColumns } from "./spans.ts";
import { Count, Level, MAX_LEVELS, Position, replyTo } from "../wire.ts";
import { parseForward } from "./forward.ts";
import { type HeritageMessage, Lend, TakeInventory } from "./heritage-protocol.ts";
import { Copied, Copy, Forget, type MirrorNotice, type MirrorOrder, Recall } from "./mirror-protocol.ts";

/** From any device: what is remembered of an answer's rows; of none where it names none, for the clock's sake. */
const AskSpans = v.object({
  type: v.literal("spans"),
  /** The answer's id, which its conversations' names begin with. */
  answer: v.pipe(v.string(), v.maxLength(128)),
  /** Of rows from this position on. Default: of all. */
  since: v.optional(Position),
  replyTo: replyTo<SpanColumns>(),
});

const Rare = v.variant("type", [
  v.pipe(
    Open,
    v.check(({ conversation }) => conversation.incarnation !== ANY, "a conversation is no well-known actor"),
  ),
  Close,
  Copy,
  Recall,
  Forget,
  Copied,
  TakeInventory,
  Lend,
  AskSpans,
]);

/**
 * Parses what the device `from` sent. Who enters and who looks is on the executor's own device.
 * @throws {TypeError} or a ValiError for anything that is no message to an executor.
 */
export function parseExecutorMessage(value: unknown, from: string): ExecutorMessage {
  if (typeof value === "object" && value !== null) {
    const fields = value as Readonly<Record<string, unknown>>;
    if (fields["type"] === "forward") return { ...parseForward(fields), from };
  }
  return { ...v.parse(Rare, value), from };
}

const Rate = v.pipe(v.number(), v.finite(), v.minValue(0));

/** How an executor is doing. */
export const ExecutorLook = v.object({
  slots: v.object({ taken: Count, all: Count }),
  /** Tokens of the caches: reserved or held by open sequences, kept for others, and all that there may be. */
  tokens: v.optional(v.object({ taken: Count, kept: Count, all: Count })),
  /** Sequences that wait for a slot. */
  waiting: Count,
  /** Rows that wait for their step. */
  queued: v.object({ decode: Count, prefill: Count }),
  /** Positions of open sequences that its mirror does not hold yet; absent where it is not mirrored. */
  unmirrored: v.optional(Count),
  /** Steps since it was started. */
  steps: Count,
  /** Guessed tokens that were drawn, and that were not, since it was started; absent where none were guessed. */
  guesses: v.optional(v.object({ accepted: Count, rejected: Count })),
  /** Rows of a step and tokens a second, over the last seconds; 0 where nothing ran. */
  rowsPerStep: Rate,
  tokensPerSecond: Rate,
  /** Levels of the latest sequences, at the first segment of an elastic model; absent where there were none. */
  levels: v.optional(v.pipe(v.array(v.object({ level: Level, sequences: Count })), v.maxLength(MAX_LEVELS))),
  /** How long steps of decoding took over the last seconds, and what one in a hundred exceeded; absent where none ran. */
  stepMilliseconds: v.optional(v.object({ mean: Rate, p99: Rate })),
});
export type ExecutorLook = v.InferOutput<typeof ExecutorLook>;

/** The device that sent a message: that of the segment before, of the mirror, or of the mirrored; absent for this one. */
export interface CameBy {
  readonly from?: string;
}

/** What an executor is told. */
export type ExecutorMessage =
  | Enter
  | Leave
  | ((Open | Forward | Close | Copy | Recall | Forget | Copied) & CameBy)
  | MirrorOrder
  | MirrorNotice
  | HeritageMessage
  /** From itself: what an answer that is taken up waited for is here. */
  | { readonly type: "caught-up"; readonly message: Enter | (Open & CameBy) }
  | (v.InferOutput<typeof AskSpans> & CameBy)
  /** From an inspector of its own device. */
  | { readonly type: "look"; readonly replyTo: Ref<Reply<ExecutorLook>> }
  /** From itself: the step under way has ended. */
  | { readonly type: "computed"; readonly outcome: StepOutcome }
  /** From itself: nothing has had to run for a while. */
  | { readonly type: "reread" }
  /** From itself: what waited for others to step along has waited long enough. */
  | { readonly type: "step-due" }
  /** From itself: a slot may be given away that was kept until now. */
  | { readonly type: "admit" }
  /** From itself: the caches of a sequence that is taken up did not come to its slot. */
  | { readonly type: "not-taken-up"; readonly sequence: number; readonly reason: string }
  /** From itself: the connection to a device of some sequence's segments was lost. */
  | { readonly type: "device-lost"; readonly device: string };

/** How a step ended. */
export type StepOutcome =
  | { readonly type: "stepped"; readonly result: StepResult }
  /** It went wrong; the segment can go on with others. */
  | { readonly type: "failed"; readonly reason: string }
  /** The compute worker is no more, and the segment with it. */
  | { readonly type: "gone"; readonly reason: string };
