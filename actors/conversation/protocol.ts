/** The conversation's messages, and what it tells the answer that it works for. */
import * as v from "valibot";
import { Count, Identifier, Position, Sampling, ShortText, TokenId } from "../wire.ts";

/**
 * Bytes of a prompt on the wire, all messages together: bounds what a peer can make us tokenise, and leaves room in a control
 * frame for all else that begins a conversation.
 */
export const MAX_PROMPT_BYTES = 768 * 1024;

/** Characters of one stop string. */
export const MAX_STOP_CHARACTERS = 256;

const Text = v.pipe(v.string(), v.maxLength(MAX_PROMPT_BYTES));

const AnyPrompt = v.variant("type", [
  v.object({ type: v.literal("text"), text: Text }),
  v.object({
    type: v.literal("chat"),
    messages: v.pipe(v.array(v.object({ role: Identifier, content: Text })), v.minLength(1), v.maxLength(1024)),
  }),
  v.object({ type: v.literal("tokens"), tokens: v.pipe(v.array(TokenId), v.maxLength(1 << 18)) }),
]);
export type Prompt = v.InferOutput<typeof AnyPrompt>;

export const Prompt = v.pipe(
  AnyPrompt,
  v.check((prompt) => promptBytes(prompt) <= MAX_PROMPT_BYTES, `a prompt takes at most ${MAX_PROMPT_BYTES} bytes`),
);

/** Bytes that a prompt takes on the wire at most: UTF-8 and a few for each message, 5 for each token id. */
export function promptBytes(prompt: Prompt): number {
  switch (prompt.type) {
    case "text":
      return utf8Bytes(prompt.text);
    case "chat":
      return prompt.messages.reduce((sum, { role, content }) => sum + utf8Bytes(role) + utf8Bytes(content) + 32, 0);
    case "tokens":
      return 5 * prompt.tokens.length;
    default:
      return prompt satisfies never;
  }
}

function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** What a client wants answered. The seed is chosen before, so that the answer is the same wherever it is continued. */
export const AnswerRequest = v.object({
  prompt: Prompt,
  sampling: Sampling,
  maxTokens: Position,
  stop: v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_STOP_CHARACTERS))), v.maxLength(16)),
});
export type AnswerRequest = v.InferOutput<typeof AnswerRequest>;

/** Where an answer stood when its last conversation ended. */
export const Progress = v.object({
  /** Token ids drawn so far. */
  generated: v.pipe(v.array(TokenId), v.maxLength(1 << 20)),
  /** Characters of the answer that the client has. */
  sent: Count,
});
export type Progress = v.InferOutput<typeof Progress>;

/** Why an answer ended: end of text or a stop string, or the token limit. */
export const FinishReason = v.picklist(["stop", "length"]);
export type FinishReason = v.InferOutput<typeof FinishReason>;

/** Why a request cannot be answered whatever is tried. */
export const Rejection = v.picklist(["context_length_exceeded", "invalid_prompt", "invalid_template"]);
export type Rejection = v.InferOutput<typeof Rejection>;

/** What a conversation tells its answer. */
export const ConversationEvent = v.variant("type", [
  v.object({ type: v.literal("started"), promptTokens: Count }),
  v.object({ type: v.literal("piece"), tokens: v.pipe(v.array(TokenId), v.maxLength(1024)), text: v.string() }),
  v.object({
    type: v.literal("finished"),
    reason: FinishReason,
    tokens: v.pipe(v.array(TokenId), v.maxLength(1)),
    text: v.string(),
  }),
  v.object({ type: v.literal("rejected"), code: Rejection, message: ShortText }),
  v.object({ type: v.literal("broken"), reason: ShortText }),
]);
export type ConversationEvent = v.InferOutput<typeof ConversationEvent>;

/** An event with the conversation it comes from, so that a late word of an abandoned one is known as such. */
export const FromConversation = v.object({ type: v.literal("conversation"), id: Identifier, event: ConversationEvent });
export type FromConversation = v.InferOutput<typeof FromConversation>;

const Sampled = v.object({ type: v.literal("sampled"), position: Position, token: TokenId });
const Advanced = v.object({ type: v.literal("advanced"), position: Position });
const Seated = v.object({ type: v.literal("seated") });
const Failed = v.object({ type: v.literal("failed"), reason: ShortText });
const Cancel = v.object({ type: v.literal("cancel") });

/** What other devices may send. */
export const WireConversationMessage = v.variant("type", [Sampled, Advanced, Seated, Failed, Cancel]);

/** What a conversation is told. */
export type ConversationMessage =
  /** From the head: the token at `position` of the sequence. */
  | { readonly type: "sampled"; readonly position: number; readonly token: number }
  /** From the last segment: everything before `position` is in the caches. */
  | { readonly type: "advanced"; readonly position: number }
  /** From the first segment: the sequence has a cache slot, its turn has come. */
  | { readonly type: "seated" }
  /** From a segment: it cannot go on with this sequence. */
  | { readonly type: "failed"; readonly reason: string }
  /** From the answer: nobody reads any more. */
  | { readonly type: "cancel" }
  /** From its own deadline: no segment has been heard of for too long. */
  | { readonly type: "stalled" };
