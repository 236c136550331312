/** How likely an answer's tokens were, in bytes that a reader understands: what they stand for is known here and nowhere behind. */
import * as v from "valibot";
import { MAX_TOP, type Rating } from "../../models/sampling/mod.ts";
import type { TokenReader } from "../../models/text/mod.ts";
import { Logprob, MAX_DRAWS } from "../wire.ts";

/** Bytes of a token at most: no vocabulary has longer ones, and other devices send them. */
const MAX_TOKEN_BYTES = 4096;

/** A token's UTF-8, which may be a part of a character, and the natural logarithm of its probability. */
const LikelyToken = v.object({
  bytes: v.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= MAX_TOKEN_BYTES),
  logprob: Logprob,
});
export type LikelyToken = v.InferOutput<typeof LikelyToken>;

/** Of one token of an answer; `top`: the likeliest ones at its place. */
export const Likelihood = v.object({
  ...LikelyToken.entries,
  top: v.pipe(v.array(LikelyToken), v.maxLength(MAX_TOP)),
});
export type Likelihood = v.InferOutput<typeof Likelihood>;

/** Of the tokens of a piece, one by one; absent where nobody asked. */
export const Likelihoods = v.optional(v.pipe(v.array(Likelihood), v.maxLength(MAX_DRAWS)));

/** What a piece says of how likely its tokens were; nothing where there are no ratings. */
export function likelihoodsOf(
  tokens: readonly number[],
  ratings: readonly Rating[] | undefined,
  tokenizer: Pick<TokenReader, "bytes">,
): { readonly likelihoods?: Likelihood[] } {
  if (ratings === undefined) return {};
  const likely = (token: number, logprob: number): LikelyToken => ({ bytes: tokenizer.bytes(token), logprob });
  return {
    likelihoods: tokens.flatMap((token, at) => {
      const rating = ratings[at];
      if (rating === undefined) return [];
      const top = rating.top.map(([other, logprob]) => likely(other, logprob));
      return [{ ...likely(token, rating.logprob), top }];
    }),
  };
}
