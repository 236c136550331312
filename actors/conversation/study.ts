/** A prompt as a chooser reads it, and how many tokens it has for the model. */
import { CHOOSER_TOKENS } from "../../models/elastic.ts";
import { type ChatMessage, readForChoosing, type Reading } from "../../models/text/mod.ts";
import { readPrompt, type Writing } from "./prompt.ts";
import type { Prompt } from "./protocol.ts";

/** What a prompt is made of. */
export type Studied =
  | {
    readonly type: "studied";
    /** Tokens that the model reads. */
    readonly promptTokens: number;
    /** What a chooser is given; none where that is nothing, or more than it takes. */
    readonly tokens: Int32Array;
    /** Of a chat, whose messages may be cut: the tokens above are its own. */
    readonly reading?: Reading;
  }
  /** It cannot be answered, whatever is tried: its conversation will say why. */
  | { readonly type: "unreadable"; readonly reason: string };

/**
 * Studies a prompt. A text or ids go on from where they end, and what is before that may be part of a pattern: nothing is left
 * out of them.
 */
export function studyPrompt(prompt: Prompt, writing: Writing, context: number): Studied {
  const read = readPrompt(prompt, writing, context);
  if (read.type === "refused") return { type: "unreadable", reason: read.message };
  const promptTokens = read.tokens.length;
  if (prompt.type !== "chat") return { type: "studied", promptTokens, tokens: within(read.tokens) };
  const messages: readonly ChatMessage[] = prompt.messages;
  const reading = readForChoosing(writing.tokenizer, messages);
  const tokens = within(reading.tokens);
  return { type: "studied", promptTokens, tokens, ...(tokens.length === 0 ? {} : { reading }) };
}

/** All of them, or none where they are too many. */
function within(tokens: Int32Array): Int32Array {
  return tokens.length <= CHOOSER_TOKENS ? tokens : new Int32Array(0);
}
