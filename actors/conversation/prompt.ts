/** From what a client asked to the ids that the model reads. */
import {
  ChatTemplateError,
  encodeChat,
  type Tokenizer,
  type TokenizerBundle,
  TooManyTokensError,
} from "../../models/text/mod.ts";
import type { Prompt, PromptRead, Rejection } from "./protocol.ts";

/** What it takes to turn text into tokens. */
export interface Writing {
  readonly bundle: TokenizerBundle;
  readonly tokenizer: Tokenizer;
  /** Ids below this have a row in the embedding. */
  readonly vocabulary: number;
}

/**
 * Token ids of a prompt, with room for at least one more in `context`. Refuses an empty or too long prompt, ids outside the
 * vocabulary, and messages that the template refuses. What its length alone shows to be too long is not encoded first.
 */
export function readPrompt(prompt: Prompt, writing: Writing, context: number): PromptRead {
  const read = encode(prompt, writing, context);
  if (read.type === "refused") return read;
  const { tokens } = read;
  if (tokens.length === 0) return refused("invalid_prompt", "The prompt is empty: give at least one character.");
  if (tokens.length >= context) return tooLong(`${tokens.length}`, context);
  const outside = tokens.find((token) => token >= writing.vocabulary);
  if (outside === undefined) return read;
  return refused("invalid_prompt", `Token ${outside} is outside the vocabulary of ${writing.vocabulary}.`);
}

function encode(prompt: Prompt, { bundle, tokenizer }: Writing, context: number): PromptRead {
  const limit = context - 1;
  try {
    switch (prompt.type) {
      case "text":
        return tokensOf(tokenizer.encode(prompt.text, { addEos: false, limit }));
      case "tokens":
        return tokensOf(prompt.tokens);
      case "chat":
        return tokensOf(encodeChat(tokenizer, bundle, prompt.messages, { limit }));
      default:
        return prompt satisfies never;
    }
  } catch (error) {
    if (error instanceof TooManyTokensError) return tooLong(`at least ${error.atLeast}`, context);
    if (error instanceof ChatTemplateError) return refused("invalid_template", error.message);
    if (error instanceof TypeError && prompt.type === "chat") return refused("invalid_prompt", error.message);
    throw error;
  }
}

function tokensOf(tokens: readonly number[]): PromptRead {
  return { type: "tokens", tokens: Int32Array.from(tokens) };
}

function tooLong(tokens: string, context: number): PromptRead {
  return refused(
    "context_length_exceeded",
    `The prompt has ${tokens} tokens; the context is ${context}, answer included. ` +
      `Shorten the prompt, or start the mesh with a larger --context if the model allows it.`,
  );
}

function refused(code: Rejection, message: string): PromptRead {
  return { type: "refused", code, message };
}
