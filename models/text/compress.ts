/**
 * Shorter prompts: what users wrote is cut to a share of its tokens by leaving out the sentences that matter least. Whole
 * sentences, since a model reads text; their order stays, and so does all that others wrote. Only texts are cut, before the
 * chat template gets them: so what comes of it is a prompt like any other.
 */
import type { ChatMessage } from "./chat.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** A word of a user's, with the white space before it. */
export interface Word {
  /** Its message's place. */
  readonly message: number;
  /** Its sentence's place among all sentences. */
  readonly sentence: number;
  readonly text: string;
  /** Its tokens' places in the reading: from `start` to before `end`. */
  readonly start: number;
  readonly end: number;
}

/** A prompt as a chooser reads it. */
export interface Reading {
  readonly messages: readonly ChatMessage[];
  /** All messages' texts one after another, each word encoded by itself; what the chat template adds is not in it. */
  readonly tokens: Int32Array;
  /** What may be left out. */
  readonly words: readonly Word[];
}

/** A shorter prompt. */
export interface Compressed {
  readonly messages: readonly ChatMessage[];
  /** Tokens of the users' words that are left, as the reading has them. */
  readonly kept: number;
}

/** Words, each with the white space before it; a sentence of a language that puts no spaces ends one as well. */
const WORDS = /\s*\S+?(?:[。！？]+|(?=\s|$))/gu;
/** How the last word of a sentence ends. */
const END = /[.!?。！？…]["'”’»)\]]*$/u;
const NEW_LINE = /^[^\S\n]*\n/u;

/** Reads messages for a chooser. */
export function readForChoosing(tokenizer: Pick<Tokenizer, "encode">, messages: readonly ChatMessage[]): Reading {
  const tokens: number[] = [];
  const words: Word[] = [];
  let sentence = 0;
  for (const [message, { role, content }] of messages.entries()) {
    let ended = true;
    for (const [text] of content.matchAll(WORDS)) {
      if (ended || NEW_LINE.test(text)) sentence++;
      ended = END.test(text);
      const start = tokens.length;
      tokens.push(...tokenizer.encode(text, { addBos: false, addEos: false }));
      if (role === "user") words.push({ message, sentence, text, start, end: tokens.length });
    }
  }
  return { messages, tokens: Int32Array.from(tokens), words };
}

/**
 * Leaves out what matters least, until no more than `share` (0 to 1) of the tokens of users' words are left, rounded up.
 * `keep` says how much each token of the reading matters; a sentence matters as its tokens do on average. Of the last user's
 * message one sentence stays, the best one, and where it alone is too long, its best words, one at least.
 */
export function compress({ messages, words }: Reading, keep: ArrayLike<number>, share: number): Compressed {
  const all = tokensOf(words);
  const kept = share >= 1 ? new Set(words) : keptWords(words, keep, Math.ceil(all * share));
  const left = words.filter((word) => kept.has(word));
  const shorter = messages.map((message, at) => {
    if (message.role !== "user" || share >= 1) return message;
    return { ...message, content: left.filter((word) => word.message === at).map(({ text }) => text).join("").trim() };
  });
  return { messages: shorter, kept: tokensOf(left) };
}

function keptWords(words: readonly Word[], keep: ArrayLike<number>, budget: number): ReadonlySet<Word> {
  const sentences = [...Map.groupBy(words, ({ sentence }) => sentence).values()];
  const ranked = byScore(sentences, (sentence) => mean(sentence, keep));
  const last = words.at(-1)?.message;
  const must = ranked.find(([word]) => word?.message === last) ?? [];
  if (tokensOf(must) > budget) {
    return new Set(fitting(byScore(must, (word) => mean([word], keep)).map((word) => [word]), budget).flat());
  }
  return new Set(fitting([must, ...ranked.filter((sentence) => sentence !== must)], budget).flat());
}

/** The pieces that fit one after another; the first in any case. */
function fitting(pieces: readonly (readonly Word[])[], budget: number): (readonly Word[])[] {
  let room = budget;
  return pieces.filter((piece, at) => {
    const size = tokensOf(piece);
    if (at > 0 && size > room) return false;
    room -= size;
    return true;
  });
}

/** The highest first; equal ones as they come. */
function byScore<T>(items: readonly T[], score: (item: T) => number): T[] {
  const scored = items.map((item) => ({ item, score: score(item) }));
  return scored.sort((a, b) => b.score - a.score).map(({ item }) => item);
}

function mean(words: readonly Word[], keep: ArrayLike<number>): number {
  let sum = 0;
  for (const { start, end } of words) for (let at = start; at < end; at++) sum += keep[at] ?? 0;
  return sum / Math.max(1, tokensOf(words));
}

function tokensOf(words: readonly Word[]): number {
  return words.reduce((sum, { start, end }) => sum + end - start, 0);
}
