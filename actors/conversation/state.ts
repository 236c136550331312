/** What a conversation is made of and what it keeps; its words to the answer and to the first segment. */
import type { Context, Ref } from "../../runtime/actor/mod.ts";
import type { SegmentMessage } from "../pipeline.ts";
import type { ActivePlan } from "../plan.ts";
import type { Deadline } from "./deadline.ts";
import type { Experience } from "./experience.ts";
import type { Guessing, GuessPolicy } from "./guessing.ts";
import type { Language } from "./language.ts";
import type { AnswerRequest, ConversationEvent, ConversationMessage, FromConversation, Progress } from "./protocol.ts";
import type { Prefill } from "./steps.ts";
import type { Transcript } from "./transcript.ts";

/** What a conversation is made of. */
export interface ConversationOptions {
  readonly id: string;
  readonly plan: ActivePlan;
  readonly request: AnswerRequest;
  readonly progress: Progress;
  readonly answer: Ref<FromConversation>;
  readonly language: Language;
  /** Whether guesses of what follows are verified along with the next token, where that pays. Default: true. */
  readonly speculates?: boolean;
  /** What guesses have cost and brought the answers of this pipeline. Default: this one learns by itself. */
  readonly experience?: Experience;
  /** How much is guessed. Default: as much as pays, by what steps take and how often guesses are right. */
  readonly policy?: GuessPolicy;
}

export interface ConversationState {
  readonly options: ConversationOptions;
  readonly context: Context<ConversationMessage>;
  readonly first: Ref<SegmentMessage>;
  /** Absent until the prompt has been read. */
  run:
    | { readonly prefill: Prefill; readonly transcript: Transcript; readonly guessing: Guessing | undefined }
    | undefined;
  /** What the segments call the sequence, once it has a cache slot. */
  sequence: number | undefined;
  /** Whether the segments are still looking for what other conversations left in their caches. */
  resuming: boolean;
  /** Whether the answer knows that it has begun. */
  started: boolean;
  /** Tokens of the prompt that were in the caches. */
  cached: number;
  /** Whether it has a place in the pipeline, or waits for one. */
  entered: boolean;
  /** Whether the answer has had its last word. */
  over: boolean;
  /** When the next word of the pipeline is due at the latest. */
  readonly deadline: Deadline;
}

/**
 * Frees the place in the pipeline, once. What the caches hold is kept for another conversation that goes on with the answer,
 * for prompts that begin like it, or for nobody.
 */
export function leave(state: ConversationState, kept: "answer" | "prompts" | "nobody"): void {
  const { context, first, entered } = state;
  state.entered = false;
  if (!entered) return;
  const over = kept === "prompts" ? { over: true } : {};
  context.tell(first, { type: "leave", conversation: context.self, keep: kept !== "nobody", ...over });
}

export function sayBroken(state: ConversationState, reason: string): void {
  state.over = true;
  tell(state, { type: "broken", reason: reason.slice(0, 1000) });
}

export function tell(
  { options, context }: Pick<ConversationState, "options" | "context">,
  event: ConversationEvent,
): void {
  context.tell(options.answer, { type: "conversation", id: options.id, conversation: context.self, event });
}
