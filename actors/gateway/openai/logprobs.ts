/** How likely tokens were, in OpenAI's two shapes. Pure. */
import type { Likelihood, LikelyToken } from "../../conversation/likelihoods.ts";
import type { Endpoint } from "./request.ts";

/** The `logprobs` of a choice, or of a chunk of one whose earlier tokens have `offset` characters. */
export function logprobsOf(endpoint: Endpoint, likelihoods: readonly Likelihood[], offset = 0): object {
  return endpoint === "chat" ? ofChat(likelihoods) : ofCompletion(likelihoods, offset);
}

/** Characters of tokens, each read by itself, as `text_offset` counts them: code points. */
export function charactersOf(likelihoods: readonly LikelyToken[]): number {
  return likelihoods.reduce((sum, token) => sum + [...textOf(token)].length, 0);
}

function ofChat(likelihoods: readonly Likelihood[]): object {
  const content = likelihoods.map((token) => ({ ...described(token), top_logprobs: token.top.map(described) }));
  return { content, refusal: null };
}

function described(token: LikelyToken): object {
  return { token: textOf(token), logprob: token.logprob, bytes: [...token.bytes] };
}

function ofCompletion(likelihoods: readonly Likelihood[], offset: number): object {
  const offsets: number[] = [];
  for (const token of likelihoods) {
    offsets.push(offset);
    offset += charactersOf([token]);
  }
  return {
    tokens: likelihoods.map(textOf),
    token_logprobs: likelihoods.map(({ logprob }) => logprob),
    top_logprobs: likelihoods.map((token) => token.top.length === 0 ? null : alternatives(token)),
    text_offset: offsets,
  };
}

/** By their text: the likeliest ones and, as OpenAI does, the one that was drawn. Of several with one text the likeliest. */
function alternatives(token: Likelihood): object {
  const byText = new Map<string, number>();
  for (const each of [...token.top, token]) {
    const text = textOf(each);
    byText.set(text, Math.max(each.logprob, byText.get(text) ?? -Infinity));
  }
  return Object.fromEntries(byText);
}

/** A token by itself: bytes that are no whole character become "\ufffd". */
function textOf({ bytes }: LikelyToken): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
