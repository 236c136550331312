/** A conversation as the model sees it: the chat template's tokens, each with what it counts in training. */
import type { Conversation } from "./generator/mod.ts";
import { assistantId, bosId, endId, userId } from "./tokenizer/special-tokens.ts";

/** What a token is: 0 the model need not learn to say it, 1 a story or talk, 2 the answer of a task. */
export type TokenKind = 0 | 1 | 2;

export interface Tokens {
  readonly ids: readonly number[];
  /** One kind a token. */
  readonly kinds: readonly TokenKind[];
  /**
   * For a token that is found in steps: what is found after the first and after the second of them. Where there are fewer
   * steps, that is the token itself. Also what is known before a token without leading to it. 0: nothing is asked.
   */
  readonly steps: ReadonlyMap<number, readonly [number, number]>;
}

/** Returns the tokens; `encode` turns text into ids. The end of an answer belongs to it. */
export function tokensOf(
  { kind, messages, derivable = [], unsaid, met }: Conversation,
  encode: (text: string) => readonly number[],
): Tokens {
  const ids = [bosId];
  const kinds: TokenKind[] = [0];
  const steps = new Map<number, readonly [number, number]>();
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
    const tokens = encode(message);
    for (const { at, through } of unsaid?.get(i) ?? []) {
      // A word's token begins with the space before it.
      const place = encode(message.slice(0, at - 1)).length;
      // Its last token is what other facts about it come after.
      const [first, second] = through.map((word) => word === undefined ? 0 : encode(` ${word}`).at(-1));
      const said = tokens[place] ?? 0;
      steps.set(ids.length + place, [first ?? said, second ?? said]);
    }
    for (const { at, known } of met?.get(i) ?? []) {
      // The first of the two labels is for a layer that cannot know it yet.
      steps.set(ids.length + encode(message.slice(0, at)).length, [0, encode(` ${known}`).at(-1) ?? 0]);
    }
    push(tokens, answer ? answerKind : 0);
    push([endId], answer ? answerKind : 0);
  });
  // The first message starts after BOS and the user's token.
  for (const { start, end } of derivable) {
    const text = messages[0] ?? "";
    const [from, to] = [start, end].map((at) => 2 + encode(text.slice(0, at)).length);
    for (let at = from ?? 0; at < (to ?? 0); at++) kinds[at] = answerKind;
  }
  return { ids, kinds, steps };
}
