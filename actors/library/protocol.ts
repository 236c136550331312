/** The library's messages: which blobs are here, pieces of them, and manifests. */
import * as v from "valibot";
import type { Ref } from "../../runtime/actor/mod.ts";
import { Count, replyTo, Sha256 } from "../wire.ts";

/** Bytes of one piece: small enough that a decode step waits a few milliseconds behind it at most. */
export const PIECE_BYTES = 256 * 1024;

export const WireBlob = v.object({ sha256: Sha256, bytes: Count });

/** Answer to `has` and `vouch`: for each blob whether it is here, complete, and is kept. */
export const Holdings = v.array(v.boolean());
/** Answer to `read`: the piece, or undefined where the blob is not here. */
export interface Piece {
  readonly bytes?: Uint8Array | undefined;
}
export const Piece: v.GenericSchema<unknown, Piece> = v.object({ bytes: v.optional(v.instance(Uint8Array)) });

/** Bytes of a manifest's JSON: one of a thousand blocks takes less than half of it. */
export const MAX_MANIFEST_BYTES = 2 * 1024 * 1024;

/** Answer to `manifest`: a piece of its JSON and how much there is in all, or neither where it is not known here. */
export interface ManifestPiece {
  readonly bytes?: Uint8Array | undefined;
  readonly totalBytes?: number | undefined;
}
export const ManifestPiece: v.GenericSchema<unknown, ManifestPiece> = v.object({
  bytes: v.optional(v.instance(Uint8Array)),
  totalBytes: v.optional(v.pipe(Count, v.maxValue(MAX_MANIFEST_BYTES))),
});

/** Blobs that one message asks for. */
export const MAX_BLOBS = 4096;

const Asked = {
  blobs: v.pipe(v.array(WireBlob), v.maxLength(MAX_BLOBS)),
  replyTo: replyTo<boolean[]>(),
};

export const LibraryMessage = v.variant("type", [
  v.object({ type: v.literal("has"), ...Asked }),
  /** The same, and to keep them for a minute: whoever asks is about to let go of its own copies. */
  v.object({ type: v.literal("vouch"), ...Asked }),
  v.object({
    type: v.literal("read"),
    blob: WireBlob,
    offset: Count,
    length: v.pipe(Count, v.maxValue(PIECE_BYTES)),
    replyTo: replyTo<Piece>(),
  }),
  v.object({
    type: v.literal("manifest"),
    model: Sha256,
    offset: Count,
    replyTo: replyTo<ManifestPiece>(),
  }),
]);
export type LibraryMessage = v.InferOutput<typeof LibraryMessage>;
export type LibraryRef = Ref<LibraryMessage>;
