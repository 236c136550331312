/** A conversation as the model sees it: the chat template's tokens, each with what it counts in training. */
import type { Conversation } from "./generator/mod.ts";
import { assistantId, bosId, endId, userId } from "./tokenizer/special-tokens.ts";

/** What a token is: 0 the model need not learn to say it, 1 a story or talk, 2 the answer of a task. */
export type TokenKind = 0 | 1 | 2;

export interface Tokens {
  readonly ids: readonly number[];
  /** One kind a token. */
  readonly kinds: readonly TokenKind[];
}

/** Returns the tokens; `encode` turns text into ids. The end of an answer belongs to it. */
export function tokensOf(
  { kind, messages, derivable = [] }: Conversation,
  encode: (text: string) => readonly number[],
): Tokens {
  const ids = [bosId];
  const kinds: TokenKind[] = [0];
  const push = (tokens: readonly number[], tokenKind: TokenKind) => {
    for (const id of tokens) {
      ids.push(id);
      kinds.push(tokenKind);
    }
  };
  const answerKind = kind === "task" || kind === "copy" ? 2 : 1;
  messages.forEach((message, i) => {
    const answer = kind === "raw" || i % 2 === 1;
    if (kind !== "raw") push([answer ? assistantId : userId], 0);
    push(encode(message), answer ? answerKind : 0);
    push([endId], answer ? answerKind : 0);
  });
  // The first message starts after BOS and the user's token.
  for (const { start, end } of derivable) {
    const text = messages[0] ?? "";
    const [from, to] = [start, end].map((at) => 2 + encode(text.slice(0, at)).length);
    for (let at = from ?? 0; at < (to ?? 0); at++) kinds[at] = answerKind;
  }
  return { ids, kinds };
}
