/** The library's messages: which blobs are here, and pieces of them. */
import * as v from "valibot";
import type { Ref } from "../../runtime/actor/mod.ts";
import { Count, replyTo, Sha256 } from "../wire.ts";

/** Bytes of one piece: small enough that a decode step waits a few milliseconds behind it at most. */
export const PIECE_BYTES = 256 * 1024;

export const WireBlob = v.object({ sha256: Sha256, bytes: Count });

/** Answer to `has`: for each blob whether it is here, complete. */
export const Holdings = v.array(v.boolean());
/** Answer to `read`: the piece, or undefined where the blob is not here. */
export interface Piece {
  readonly bytes?: Uint8Array | undefined;
}
export const Piece: v.GenericSchema<unknown, Piece> = v.object({ bytes: v.optional(v.instance(Uint8Array)) });

export const LibraryMessage = v.variant("type", [
  v.object({
    type: v.literal("has"),
    blobs: v.pipe(v.array(WireBlob), v.maxLength(4096)),
    replyTo: replyTo<boolean[]>(),
  }),
  v.object({
    type: v.literal("read"),
    blob: WireBlob,
    offset: Count,
    length: v.pipe(Count, v.maxValue(PIECE_BYTES)),
    replyTo: replyTo<Piece>(),
  }),
]);
export type LibraryMessage = v.InferOutput<typeof LibraryMessage>;
export type LibraryRef = Ref<LibraryMessage>;
