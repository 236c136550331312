/**
 * What conversations and segments say to each other while a prompt runs. A sequence goes down the pipeline and its tokens
 * come back:
 *
 * ```
 * conversation -- enter, forward, leave --> first segment -- open, forward, close --> … --> last segment
 *       ^------------- seated ------------------┘                                                 |
 *       └------------------------- resumed, sampled, advanced, failed ----------------------------┘
 * ```
 *
 * The first segment gives a sequence its slot and its number; the others obey. `open`, `forward` and `close` are passed on
 * from segment to segment, one behind another, so none can overtake another.
 *
 * A sequence that broke leaves its caches behind for a while. Whoever takes it up sends its token ids along: each segment
 * looks for caches of the same ids, the extent that all of them have comes to the conversation as `resumed`, and only what
 * lies behind it is run again. What is in a cache follows from the ids and from its kind (`cache-kind.ts`), so these are all
 * the right it takes. A sequence that has ended well leaves its caches too, for prompts that begin like it.
 */
import * as v from "valibot";
import type { Ref } from "../runtime/actor/mod.ts";
import type { Attention } from "../models/compute/mod.ts";
import type { Rating as TokenRating, SamplingOptions } from "../models/sampling/mod.ts";
import { type CacheKind, cacheKind } from "./cache-kind.ts";
import {
  Count,
  MAX_CONTEXT,
  MAX_DRAWS,
  MAX_SLOTS,
  Position,
  Rating,
  refTo,
  Sampling,
  ShortText,
  TokenId,
  TopCount,
} from "./wire.ts";

/**
 * After which tokens of a row the head draws the one that follows:
 *
 * - `none`: none of them, as in all but the last chunk of a prefill;
 * - `last`: the last one;
 * - `each`: the first one and, as long as what was drawn is what the row goes on with, the next: all tokens but the first
 *   are guesses, and those from the first wrong one on have no effect. They attend by themselves.
 */
export const SAMPLES = ["none", "last", "each"] as const;
export type Sample = typeof SAMPLES[number];

/** Rows of several sequences, a column each. Row `i` is `counts[i]` tokens of one sequence. */
export interface Forward {
  readonly type: "forward";
  /** The sequences' numbers, as `open` gave them; as all columns but `tokens`: [rows]. */
  readonly sequences: Int32Array;
  /** Position of each row's first token. */
  readonly positions: Int32Array;
  readonly counts: Int32Array;
  /** What the head draws of each row, as its place in `SAMPLES`. */
  readonly samples: Uint8Array;
  /** 1 where each token attends by itself, as when an answer is made; 0 where they do so together, as a prompt is read. */
  readonly singles: Uint8Array;
  /** The ids that are run, of all rows, also where hidden states come along: repetition penalties need them at the head. */
  readonly tokens: Int32Array;
  /** [tokens of all rows, width]; absent at the segment that holds the embedding. */
  readonly hidden?: Float32Array | undefined;
}

/** From a conversation to the first segment, on its own device: takes a place, or waits for one. */
export interface Enter {
  readonly type: "enter";
  readonly conversation: Ref<SequenceMessage>;
  /** The segments behind the first one, in order. */
  readonly route: readonly Ref<SegmentMessage>[];
  readonly sampling: SamplingOptions;
  /** How many of the likeliest tokens are told with each draw. Default: nothing is told of how likely tokens were. */
  readonly logprobs?: number | undefined;
  /** The ids of the sequence, as far as they are known; the last one is to be run in any case. */
  readonly resume?: Int32Array | undefined;
  /** Whether it shares kernels, see `CacheKind`; `may` where the first segment is to decide. Default: no. */
  readonly sharing?: "no" | "yes" | "may";
  /** At which level of an elastic model it runs. Default: all of it. */
  readonly level?: number | undefined;
  /** Whether no conversation has begun it before, so that only others' caches may hold its beginning. Default: false. */
  readonly fresh?: boolean;
  /** How many of its tokens are a prompt's, and attend together. Default: none. */
  readonly promptTokens?: number;
  /** Positions that it comes to at most. Default: the context. */
  readonly room?: number;
  /** Who asks: of those that wait each client has its turn. Default: nobody in particular. */
  readonly client?: string;
  /** Whether it only readies caches for prompts to come: it gives way to all others. Default: false. */
  readonly idle?: boolean;
}

/** From a conversation to the first segment: its place is free again. */
export interface Leave {
  readonly type: "leave";
  readonly conversation: Ref<SequenceMessage>;
  /** Whether nothing speaks against what its caches hold: they are kept for a while. */
  readonly keep: boolean;
  /** Whether nobody is going to take it up: its caches are for prompts that begin like it. Default: false. */
  readonly over?: boolean;
}

/** Numbers of sequences: drawn at random, so that no two under way share one and none is guessed. */
export const SequenceNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0x7fffffff));

/** A sequence that is taken up, on its way down the pipeline. */
export const Resume = v.object({
  /** Ids of its tokens, from position 0 on. */
  ids: v.pipe(v.instance(Int32Array), v.minLength(2), v.maxLength(MAX_CONTEXT)),
  /** Positions that the caches of all segments before hold of them. */
  extent: v.pipe(Position, v.minValue(1)),
  /** What the sequence was called whose caches they are: of two answers to one prompt each goes on with its own. */
  was: SequenceNumber,
});
export interface Resume {
  readonly ids: Int32Array;
  readonly extent: number;
  readonly was: number;
}

/** From segment to segment: a sequence has a place. */
export const Open = v.object({
  type: v.literal("open"),
  sequence: SequenceNumber,
  /** Its place in the caches, the same in every segment. */
  slot: v.pipe(Count, v.maxValue(MAX_SLOTS - 1)),
  /** The segments behind the one that is told, in order. */
  route: v.pipe(v.array(refTo<SegmentMessage>()), v.maxLength(1024)),
  conversation: refTo<SequenceMessage>(),
  sampling: Sampling,
  logprobs: v.optional(TopCount),
  resume: v.optional(Resume),
  ...cacheKind,
  /** Whether it only readies caches for prompts to come; absent: it does not. */
  idle: v.optional(v.boolean()),
});
export interface Open extends CacheKind {
  readonly type: "open";
  readonly sequence: number;
  readonly slot: number;
  readonly route: readonly Ref<SegmentMessage>[];
  readonly conversation: Ref<SequenceMessage>;
  readonly sampling: SamplingOptions;
  /** As in `Enter`. */
  readonly logprobs?: number | undefined;
  readonly resume?: Resume | undefined;
  readonly idle?: boolean | undefined;
}

/** From segment to segment: a sequence is over, its place free. */
export const Close = v.object({
  type: v.literal("close"),
  sequence: SequenceNumber,
  keep: v.boolean(),
  over: v.optional(v.boolean()),
});
export interface Close {
  readonly type: "close";
  readonly sequence: number;
  /** Whether nothing speaks against what its caches hold: they are kept for a while. */
  readonly keep: boolean;
  /** Whether nobody is going to take it up: its caches are for prompts that begin like it. Default: false. */
  readonly over?: boolean | undefined;
}

/** What a segment is told of sequences. */
export type SegmentMessage = Enter | Leave | Open | Forward | Close;

/** From the head: the tokens of the sequence from `position` on. Several where guesses came along: all but the last confirm one. */
export const Sampled = v.object({
  type: v.literal("sampled"),
  position: Position,
  tokens: v.pipe(v.array(TokenId), v.minLength(1), v.maxLength(MAX_DRAWS)),
  /** How likely each was, where that is asked for. */
  ratings: v.optional(v.pipe(v.array(Rating), v.maxLength(MAX_DRAWS))),
});
/** From the last segment: everything before `position` is in the caches. */
export const Advanced = v.object({ type: v.literal("advanced"), position: Position });
/** From a segment: the caches of all segments hold what comes before `position` of a sequence that is taken up. */
export const Resumed = v.object({ type: v.literal("resumed"), position: Position });
/** From a segment: it cannot go on with this sequence, and has let go of it. */
export const Failed = v.object({ type: v.literal("failed"), reason: ShortText });

/** What a conversation is told of its sequence. */
export type SequenceMessage =
  | {
    readonly type: "sampled";
    readonly position: number;
    readonly tokens: readonly number[];
    readonly ratings?: readonly TokenRating[] | undefined;
  }
  | { readonly type: "advanced"; readonly position: number }
  | { readonly type: "resumed"; readonly position: number }
  | { readonly type: "failed"; readonly reason: string }
  /**
   * From the first segment: the sequence has its place, and this number. `shared` where it shares kernels; `resumes` where
   * caches hold a beginning of it that no conversation began: how much comes as `resumed`, before which nothing is to be run.
   */
  | { readonly type: "seated"; readonly sequence: number; readonly shared?: boolean; readonly resumes?: boolean }
  /** From the first segment: it waits for its place. */
  | { readonly type: "waits" }
  /** From the first segment: too many wait. Seconds after which it may be worth another try. */
  | { readonly type: "refused"; readonly reason: string; readonly retryAfterSeconds: number };

/** What a conversation has run: some tokens of its sequence. */
export interface Run {
  /** Position of the first of `tokens`. */
  readonly position: number;
  readonly tokens: Int32Array;
  /** How they attend. A token's cache has the same bits again only where it is run again in the same way. */
  readonly attention: Attention;
  readonly sample: Sample;
}

/** A forward of one row. */
export function forwardOf(sequence: number, { position, tokens, attention, sample }: Run): Forward {
  return {
    type: "forward",
    sequences: Int32Array.of(sequence),
    positions: Int32Array.of(position),
    counts: Int32Array.of(tokens.length),
    samples: Uint8Array.of(SAMPLES.indexOf(sample)),
    singles: Uint8Array.of(attention === "single" ? 1 : 0),
    tokens,
  };
}
