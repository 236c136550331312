/**
 * What segments of two plans say to each other, so that the new one has the caches of the old: the *heir* asks, the one
 * whose blocks it takes over *lends*. See `heir.ts`.
 */
import * as v from "valibot";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { type CacheKind, cacheKind } from "../cache-kind.ts";
import { SequenceNumber } from "../pipeline.ts";
import { Count, MAX_CONTEXT, MAX_SLOTS, Position, refTo, replyTo } from "../wire.ts";

/** Whose caches a new segment begins with: a segment of the plan in force, and which of its layers are which here. */
export interface Source {
  readonly ref: Ref<LenderMessage>;
  /** The first of the layers there, and here, counted from the segment's first one. */
  readonly from: number;
  readonly to: number;
  /** How many; 0 for a segment that shares no layers, only an embedding or a head. */
  readonly layers: number;
}

/** A sequence whose caches can be had. */
const Holding = v.object({
  number: SequenceNumber,
  slot: v.pipe(Count, v.maxValue(MAX_SLOTS - 1)),
  /** The ids of the positions that the caches hold. */
  ids: v.pipe(v.instance(Int32Array), v.maxLength(MAX_CONTEXT)),
  ...cacheKind,
});
export interface Holding extends CacheKind {
  readonly number: number;
  readonly slot: number;
  readonly ids: Int32Array;
}

/** What a lender has, or that it lends nothing to this device. */
export const Inventory = v.variant("type", [
  v.object({ type: v.literal("inventory"), holdings: v.pipe(v.array(Holding), v.maxLength(2 * MAX_SLOTS)) }),
  v.object({ type: v.literal("closed") }),
]);
export type Inventory = v.InferOutput<typeof Inventory>;

/** Part of a sequence's caches: [layer, key and value, kvHead, position, headSize]. */
export const Lent = v.variant("type", [
  v.object({ type: v.literal("lent"), data: v.instance(Float32Array) }),
  /** The sequence is over, or its caches do not reach so far. */
  v.object({ type: v.literal("gone") }),
]);
export type Lent =
  | { readonly type: "lent"; readonly data: Float32Array }
  | { readonly type: "gone" };

export const TakeInventory = v.object({ type: v.literal("take-inventory"), replyTo: replyTo<Inventory>() });
export const Lend = v.object({
  type: v.literal("lend"),
  sequence: SequenceNumber,
  /** The positions from `begin` to below `end`, of so many layers from `layer` on. */
  begin: Position,
  end: Position,
  layer: Count,
  layers: v.pipe(Count, v.maxValue(1024)),
  replyTo: replyTo<Lent>(),
});
export type Lend = v.InferOutput<typeof Lend>;

/** What an heir asks. */
export type LenderMessage = v.InferOutput<typeof TakeInventory> | Lend;

/** To a new executor from its supervisor: take over what these have. The answer comes when most of it is here. */
export interface Inherit {
  readonly type: "inherit";
  readonly sources: readonly Source[];
  readonly replyTo: Ref<Reply<null>>;
}

/** To an executor from its supervisor: segments on these devices are its heirs. */
export interface Bequeath {
  readonly type: "bequeath";
  readonly heirs: readonly string[];
}

/** What a sequence has of some positions in one layer of the segment, as `readCache` gives it. */
export interface LayerPart {
  readonly layer: number;
  readonly data: Float32Array;
}

/** To an executor from its heir actor: part of the caches of a sequence elsewhere. */
export interface Bequest extends CacheKind {
  readonly type: "bequest";
  readonly sequence: number;
  readonly slot: number;
  readonly position: number;
  /** The ids of the positions, those before included. */
  readonly ids: Int32Array;
  readonly parts: readonly LayerPart[];
  /** How many positions are here now; -1 where they have been taken up, or the slot is another's: no more is wanted. */
  readonly replyTo: Ref<Reply<number>>;
}

/** From an executor to itself: a piece that it was brought has been written. */
export type BequestWritten = Omit<Bequest, "type"> & { readonly type: "bequest-written" };

/** To an executor from its heir actor: these sequences are over where they were. */
export interface Lapsed {
  readonly type: "lapsed";
  readonly sequences: readonly number[];
}

/** What an executor is told of caches that change hands. `from` is the heir's device; absent where that is this device. */
export type HeritageMessage =
  | (LenderMessage & { readonly from?: string })
  /** From its own supervisor. */
  | Inherit
  | Bequeath
  /** From its heir. */
  | Bequest
  | Lapsed
  /** From itself: a piece is in the caches; nothing more comes. */
  | BequestWritten
  | { readonly type: "inherited" };

/** Where a lender's segment is, and its blocks: as the leader says. */
export const Heritage = v.object({ ref: refTo<LenderMessage>(), first: Count, last: Count });
export type Heritage = v.InferOutput<typeof Heritage>;
