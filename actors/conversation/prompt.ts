/** From what a client asked to the ids that the model reads. */
import { ChatTemplateError, encodeChat, type Tokenizer, type TokenizerBundle } from "../../models/text/mod.ts";
import type { Prompt, Rejection } from "./protocol.ts";

/** The prompt cannot be answered by this model, whatever is tried. */
export class PromptError extends Error {
  override readonly name = "PromptError";
  readonly code: Rejection;

  constructor(code: Rejection, message: string) {
    super(message);
    this.code = code;
  }
}

/** A model's way with text. */
export interface Language {
  readonly bundle: TokenizerBundle;
  readonly tokenizer: Tokenizer;
  /** Ids below this have a row in the embedding. */
  readonly vocabulary: number;
}

/**
 * Token ids of a prompt, with room for at least one more in `context`.
 * @throws {PromptError} for an empty or too long prompt, ids outside the vocabulary, or messages the template refuses.
 */
export function readPrompt(prompt: Prompt, language: Language, context: number): number[] {
  const tokens = encode(prompt, language);
  if (tokens.length === 0) throw new PromptError("invalid_prompt", "The prompt is empty: give at least one character.");
  if (tokens.length >= context) {
    throw new PromptError(
      "context_length_exceeded",
      `The prompt has ${tokens.length} tokens; the context is ${context}, answer included. ` +
        `Shorten the prompt, or start the mesh with a larger --context if the model allows it.`,
    );
  }
  const outside = tokens.find((token) => token >= language.vocabulary);
  if (outside !== undefined) {
    throw new PromptError("invalid_prompt", `Token ${outside} is outside the vocabulary of ${language.vocabulary}.`);
  }
  return tokens;
}

function encode(prompt: Prompt, { bundle, tokenizer }: Language): number[] {
  switch (prompt.type) {
    case "text":
      return tokenizer.encode(prompt.text, { addEos: false });
    case "tokens":
      return prompt.tokens;
    case "chat":
      try {
        return encodeChat(tokenizer, bundle, prompt.messages);
      } catch (error) {
        if (error instanceof ChatTemplateError) throw new PromptError("invalid_template", error.message);
        if (error instanceof TypeError) throw new PromptError("invalid_prompt", error.message);
        throw error;
      }
    default:
      return prompt satisfies never;
  }
}
