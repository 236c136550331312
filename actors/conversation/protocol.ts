/** The conversation's messages, and what it tells the answer that it works for. */
import * as v from "valibot";
import type { Ref } from "../../runtime/actor/mod.ts";
import { Advanced, Failed, Resumed, Sampled, type SequenceMessage } from "../pipeline.ts";
import {
  Count,
  Identifier,
  Level,
  MAX_DRAWS,
  Position,
  refTo,
  Sampling,
  ShortText,
  TokenId,
  TopCount,
} from "../wire.ts";
import { Likelihoods } from "./likelihoods.ts";

/**
 * Bytes of a prompt as it travels, all messages together. It bounds what a peer can make us tokenise, and leaves room in a
 * control frame (1 MiB) for an answer's tokens that go along when it is taken up.
 */
export const MAX_PROMPT_BYTES = 512 * 1024;

/** Characters of one stop string. */
export const MAX_STOP_CHARACTERS = 256;

const AnyPrompt = v.variant("type", [
  v.object({ type: v.literal("text"), text: v.string() }),
  v.object({
    type: v.literal("chat"),
    messages: v.pipe(v.array(v.object({ role: Identifier, content: v.string() })), v.minLength(1), v.maxLength(1024)),
  }),
  v.object({ type: v.literal("tokens"), tokens: v.pipe(v.array(TokenId), v.maxLength(1 << 18)) }),
]);
export type Prompt = v.InferOutput<typeof AnyPrompt>;

/** Bytes of one token id as it travels; at most. */
export const TOKEN_BYTES = 5;
/** Bytes of what goes with one message, at most. */
const MESSAGE_BYTES = 32;

/** Bytes that a prompt takes on its way to a conversation; it is refused where they are more than `MAX_PROMPT_BYTES`. */
export function promptBytes(prompt: Prompt): number {
  switch (prompt.type) {
    case "text":
      return utf8Bytes(prompt.text);
    case "chat":
      return prompt.messages.reduce((sum, { role, content }) => {
        return sum + MESSAGE_BYTES + utf8Bytes(role) + utf8Bytes(content);
      }, 0);
    case "tokens":
      return TOKEN_BYTES * prompt.tokens.length;
    default:
      return prompt satisfies never;
  }
}

function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

export const Prompt = v.pipe(
  AnyPrompt,
  v.check(
    (prompt) => promptBytes(prompt) <= MAX_PROMPT_BYTES,
    `A prompt has at most ${MAX_PROMPT_BYTES / 1024} KiB, all messages together.`,
  ),
);

/** What a client wants answered. The seed is chosen before, so that the answer is the same wherever it is continued. */
export const AnswerRequest = v.object({
  prompt: Prompt,
  sampling: Sampling,
  maxTokens: Position,
  /** At which level of an elastic model it runs, prompt and answer, wherever it is taken up. Default: all of it. */
  level: v.optional(Level),
  /** How many of the likeliest tokens are told at each place, beside how likely the answer's was. Default: nothing is told. */
  logprobs: v.optional(TopCount),
  /** Who asks, in the gateway's words: of those that wait each client has its turn. */
  client: v.optional(v.pipe(v.string(), v.maxLength(128))),
  stop: v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_STOP_CHARACTERS))), v.maxLength(16)),
  /** Whether its client can ask for the same tokens again: by a temperature of 0, or a seed of its own. Default: it can. */
  repeatable: v.optional(v.boolean()),
});
export type AnswerRequest = v.InferOutput<typeof AnswerRequest>;

/** Where an answer stood when its last conversation ended. */
export const Progress = v.object({
  /** Token ids drawn so far. */
  generated: v.pipe(v.array(TokenId), v.maxLength(1 << 20)),
  /** Characters of the answer that the client has. */
  sent: Count,
  /** Whether an earlier conversation may have left caches behind, even if it drew no token. */
  again: v.optional(v.boolean()),
  /** Whether its sequence shares kernels, see `CacheKind`. */
  shared: v.optional(v.boolean()),
});
export type Progress = v.InferOutput<typeof Progress>;

/** Why an answer ended: end of text or a stop string, or the token limit. */
export const FinishReason = v.picklist(["stop", "length"]);
export type FinishReason = v.InferOutput<typeof FinishReason>;

/** Why a request is not answered: it cannot be whatever is tried, or other answers have held every place for too long. */
export const Rejection = v.picklist(["context_length_exceeded", "invalid_prompt", "invalid_template", "overloaded"]);
export type Rejection = v.InferOutput<typeof Rejection>;

/** What became of a prompt. */
export type PromptRead =
  | { readonly type: "tokens"; readonly tokens: Int32Array }
  /** It cannot be answered by this model, whatever is tried, or there is no time to read it. */
  | { readonly type: "refused"; readonly code: Rejection; readonly message: string };

/** Of the guesses that went along with a token, those that became tokens of the answer, and the others. */
const Guessed = v.optional(v.object({ accepted: Count, rejected: Count }));

/** What a conversation tells its answer. */
export const ConversationEvent = v.variant("type", [
  v.object({ type: v.literal("started"), promptTokens: Count }),
  /** So many tokens of the prompt have gone through all segments; `cached` of them were in the caches. */
  v.object({ type: v.literal("reading"), tokens: Count, cached: Count }),
  /** Its sequence shares kernels from the first token on, and has to wherever it is taken up. */
  v.object({ type: v.literal("shares") }),
  v.object({
    type: v.literal("piece"),
    tokens: v.pipe(v.array(TokenId), v.maxLength(1024)),
    text: v.string(),
    guessed: Guessed,
    likelihoods: Likelihoods,
  }),
  v.object({
    type: v.literal("finished"),
    reason: FinishReason,
    tokens: v.pipe(v.array(TokenId), v.maxLength(MAX_DRAWS)),
    text: v.string(),
    guessed: Guessed,
    likelihoods: Likelihoods,
    /** Tokens of the prompt that this conversation found in the caches; absent: none. */
    cached: v.optional(Count),
  }),
  v.object({
    type: v.literal("rejected"),
    code: Rejection,
    message: ShortText,
    /** Seconds after which it may be worth another try; absent where it never is. */
    retryAfterSeconds: v.optional(Count),
  }),
  v.object({ type: v.literal("broken"), reason: ShortText }),
  /** The pipeline has been silent for too long. */
  v.object({ type: v.literal("stalled"), reason: ShortText }),
]);
export type ConversationEvent = v.InferOutput<typeof ConversationEvent>;

/**
 * An event with the conversation it comes from: a late word of an abandoned one is known as such, and a conversation that
 * was given up before its ref was known can be cancelled.
 */
export const FromConversation = v.object({
  type: v.literal("conversation"),
  id: Identifier,
  conversation: refTo<ConversationMessage>(),
  event: ConversationEvent,
});
export interface FromConversation {
  readonly type: "conversation";
  readonly id: string;
  readonly conversation: Ref<ConversationMessage>;
  readonly event: ConversationEvent;
}

const Cancel = v.object({ type: v.literal("cancel"), keep: v.boolean() });

/** What other devices may send. */
export const WireConversationMessage = v.variant("type", [Sampled, Advanced, Resumed, Failed, Cancel]);

/** What a conversation is told. */
export type ConversationMessage =
  | SequenceMessage
  /** From itself: the prompt has been read. */
  | { readonly type: "read"; readonly read: PromptRead }
  /** From the answer: nobody reads any more or, with `keep`, another conversation goes on with it. */
  | { readonly type: "cancel"; readonly keep: boolean }
  /** From itself: the connection to the device of a segment, or of the answer, was lost. */
  | { readonly type: "device-lost"; readonly device: string }
  /** From its own deadline: no segment has been heard of for too long. */
  | { readonly type: "stalled" };
