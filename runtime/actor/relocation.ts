/**
 * What the systems of two devices say to each other while an actor moves: each an ask, but `abort`. Every field from another
 * device is checked before it is believed.
 *
 * ```
 * source                                 target
 *   offer (kind, note)  ───────────────▶   the parent there decides
 *   (the actor leaves)  ◀── admitted ───
 *   state, in pieces    ───────────────▶
 *                       ◀── landed ─────   it is there, dormant: its mailbox is open, nothing is handled
 *   commit              ───────────────▶   it starts
 *   (forwards)          ◀── started ────
 * ```
 *
 * Before the target has heard `commit` the actor lives at the source, after that at the target. A dormant one is discarded if
 * the connection is lost or the source silent, and `commit` answered "unknown" from then on; so the source, which may not have
 * heard the answer, learns what became of the actor by asking again, and goes on with it or redirects its ref.
 */
import { isIncarnation, parseRef, type Ref } from "./ref.ts";

/** Bytes of a state in one message. */
export const PIECE_BYTES = 1024 * 1024;
/** Bytes of a whole state; larger things are for the actors themselves to bring, before or after. */
export const MAX_STATE_BYTES = 64 * 1024 * 1024;
/** Characters of a kind. */
const LONGEST_KIND = 128;

/** From the source. `id` names the relocation: 128 random bits. */
export type Relocating =
  | { readonly type: "offer"; readonly id: string; readonly kind: string; readonly note: unknown }
  | {
    readonly type: "state";
    readonly id: string;
    /** Bytes of the whole, and where this piece begins: after the one before. */
    readonly total: number;
    readonly at: number;
    readonly piece: Uint8Array;
  }
  | { readonly type: "commit"; readonly id: string }
  /** The source keeps the actor, or it has ended there: a started one is stopped. */
  | { readonly type: "abort"; readonly id: string };

/** What the target answers. */
export type RelocationAnswer =
  | { readonly type: "admitted" }
  | { readonly type: "taken" }
  | { readonly type: "landed"; readonly ref: Ref<never> }
  | { readonly type: "started" }
  | { readonly type: "refused"; readonly reason: string }
  /** No such relocation: never offered, discarded, or from before this process began. It will not start any more. */
  | { readonly type: "unknown" };

/** Parses what the source says. @throws {TypeError} */
export function parseRelocating(value: unknown): Relocating {
  const { type, id, kind, note, total, at, piece } = fieldsOf(value);
  if (!isIncarnation(id)) throw new TypeError("a relocation without its id");
  switch (type) {
    case "offer":
      if (typeof kind !== "string" || kind.length > LONGEST_KIND) throw new TypeError("an offer of no kind");
      return { type, id, kind, note };
    case "state": {
      if (!isSize(total) || !isSize(at) || !(piece instanceof Uint8Array)) throw new TypeError("no piece of a state");
      const empty = piece.length === 0 || piece.length > PIECE_BYTES;
      if (empty || at + piece.length > total) throw new TypeError("a piece outside its state");
      return { type, id, total, at, piece };
    }
    case "commit":
    case "abort":
      return { type, id };
    default:
      throw new TypeError("nothing that belongs to a relocation");
  }
}

/** Parses what the target answers. @throws {TypeError} */
export function parseAnswer(value: unknown): RelocationAnswer {
  const { type, ref, reason } = fieldsOf(value);
  switch (type) {
    case "admitted":
    case "taken":
    case "started":
    case "unknown":
      return { type };
    case "landed":
      return { type, ref: parseRef(ref) };
    case "refused":
      return { type, reason: typeof reason === "string" ? reason.slice(0, 1000) : "it was refused" };
    default:
      throw new TypeError("no answer to a relocation");
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new TypeError("a relocation is told by objects");
  return value as Readonly<Record<string, unknown>>;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_STATE_BYTES;
}
