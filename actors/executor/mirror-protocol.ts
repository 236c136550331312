/**
 * What a segment and its mirror say to each other, and each to itself about it. One piece is under way at a time:
 *
 * ```
 * segment -- recall, copy, forget --> mirror
 *    ^----------- copied -------------┘
 * ```
 */
import * as v from "valibot";
import type { Ref } from "../../runtime/actor/mod.ts";
import { type CacheKind, cacheKind } from "../cache-kind.ts";
import { SequenceNumber } from "../pipeline.ts";
import { Count, MAX_CONTEXT, MAX_STEP_TOKENS, Position } from "../wire.ts";

/** To the mirror: what the segment's caches hold of a sequence, from a position on. */
export const Copy = v.object({
  type: v.literal("copy"),
  /** Pieces are numbered: the mirror acknowledges each. */
  copy: Count,
  sequence: SequenceNumber,
  slot: Count,
  position: Position,
  tokens: v.pipe(v.instance(Int32Array), v.minLength(1), v.maxLength(MAX_STEP_TOKENS)),
  ...cacheKind,
  data: v.instance(Float32Array),
});
export interface Copy extends CacheKind {
  readonly type: "copy";
  readonly copy: number;
  readonly sequence: number;
  readonly slot: number;
  readonly position: number;
  /** The ids of the positions. */
  readonly tokens: Int32Array;
  /** [layer, key and value, kvHead, position, headSize] */
  readonly data: Float32Array;
}

/** To the mirror: a sequence of these ids has been taken up; how much of it was copied before? */
export const Recall = v.object({
  type: v.literal("recall"),
  copy: Count,
  sequence: SequenceNumber,
  slot: Count,
  ids: v.pipe(v.instance(Int32Array), v.maxLength(MAX_CONTEXT)),
  ...cacheKind,
});
export interface Recall extends CacheKind {
  readonly type: "recall";
  readonly copy: number;
  readonly sequence: number;
  readonly slot: number;
  readonly ids: Int32Array;
}

/** To the mirror: a sequence is over; `keep` where it may be taken up. */
export const Forget = v.object({ type: v.literal("forget"), sequence: SequenceNumber, keep: v.boolean() });
export interface Forget {
  readonly type: "forget";
  readonly sequence: number;
  readonly keep: boolean;
}

/** From the mirror: how many positions of a sequence it holds. */
export const Copied = v.object({
  type: v.literal("copied"),
  copy: Count,
  sequence: SequenceNumber,
  position: Position,
});
export interface Copied {
  readonly type: "copied";
  readonly copy: number;
  readonly sequence: number;
  readonly position: number;
}

/** What a mirror is told. */
export type ToMirror = Copy | Recall | Forget;

/** Part of a sequence's caches that is read for a copy, or has been written to one. */
interface Piece {
  readonly copy: number;
  readonly sequence: number;
  readonly position: number;
  readonly tokens: Int32Array;
}

/** From an executor's own supervisor: mirror your caches there, or no longer; mirror that one's, or nobody's. */
export type MirrorOrder =
  | { readonly type: "mirror"; readonly to: Ref<ToMirror> | undefined }
  | { readonly type: "follow"; readonly source: Ref<Copied> | undefined };

/** From an executor to itself. */
export type MirrorNotice =
  /** What was kept for a batch has waited long enough. */
  | { readonly type: "mirror-due" }
  /** What is to be copied has been read, or has not. */
  | ({ readonly type: "cache-read"; readonly slot: number; readonly data: Float32Array } & Piece)
  | { readonly type: "cache-unread"; readonly copy: number; readonly reason: string }
  /** A copy has been written; without tokens it has not. */
  | ({ readonly type: "cache-written" } & Piece);
