/** Chat messages to a prompt, by the model's own template. */
import { Template } from "@huggingface/jinja";
import { errorText } from "../error-text.ts";
import type { TokenizerBundle } from "./bundle.ts";
import { guardText, pickGuard } from "./guard.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Who speaks. Templates write a role next to control tokens, so it must be one of these. */
export const CHAT_ROLES = ["system", "developer", "user", "assistant", "tool", "function"] as const;
export type ChatRole = typeof CHAT_ROLES[number];

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

export interface ChatOptions {
  /** Whether the prompt ends where the assistant's answer begins. Default true. */
  readonly addGenerationPrompt?: boolean | undefined;
  /** Most tokens that are of use, as in `EncodeOptions`. Default: no limit. */
  readonly limit?: number | undefined;
}

/** The template is broken, or refuses these messages; the message says which. */
export class ChatTemplateError extends Error {
  override readonly name = "ChatTemplateError";
}

/**
 * Returns the prompt's tokens. Control tokens come from the template alone: such texts in a message stay text (see
 * `guard.ts`). BOS comes first where the model or the template says so, once.
 *
 * A model without template gets its messages as paragraphs, each `Role: content`, and `Assistant:` at the end.
 *
 * Throws a ChatTemplateError when the template fails, a TypeError for an unknown role, and a TooManyTokensError.
 */
export function encodeChat(
  tokenizer: Tokenizer,
  bundle: TokenizerBundle,
  messages: readonly ChatMessage[],
  options: ChatOptions = {},
): number[] {
  const guard = pickGuard([bundle.chatTemplate ?? "", ...messages.map((message) => message.content)]);
  const guarded = messages.map(({ role, content }) => ({
    role,
    content: guardText(content, tokenizer.controlTexts, guard),
  }));
  const prompt = renderChat(bundle, guarded, options);
  return tokenizer.encode(prompt, { addEos: false, parseSpecial: true, guard, limit: options.limit });
}

/** Returns the prompt as text, for people: control tokens of the template and texts like them look the same in it. */
export function renderChat(
  bundle: TokenizerBundle,
  messages: readonly ChatMessage[],
  { addGenerationPrompt = true }: ChatOptions = {},
): string {
  for (const { role } of messages) {
    if (!CHAT_ROLES.some((known) => known === role)) {
      throw new TypeError(
        `Cannot encode a message of the role ${JSON.stringify(role.slice(0, 50))}; use one of ${CHAT_ROLES.join(", ")}`,
      );
    }
  }
  if (bundle.chatTemplate === undefined) return renderPlain(messages, addGenerationPrompt);
  try {
    return new Template(bundle.chatTemplate).render({
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: addGenerationPrompt,
      bos_token: bundle.bosText ?? "",
      eos_token: bundle.eosText ?? "",
    });
  } catch (cause) {
    throw new ChatTemplateError(
      `The model's chat template does not take these messages: ${errorText(cause)}`,
      { cause },
    );
  }
}

function renderPlain(messages: readonly ChatMessage[], addGenerationPrompt: boolean): string {
  const paragraphs = messages.map(({ role, content }) => `${role.charAt(0).toUpperCase()}${role.slice(1)}: ${content}`);
  return [...paragraphs, ...(addGenerationPrompt ? ["Assistant:"] : [])].join("\n\n");
}
