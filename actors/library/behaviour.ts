/** The library: gives other devices manifests and pieces of the blobs in this device's block store. */
import { BlobMissingError, type BlockStore } from "../../models/store/block-store.ts";
import { type Behaviour, next, reply } from "../../runtime/actor/mod.ts";
import { accepting } from "../wire.ts";
import { LibraryMessage, type ManifestPiece, type Piece, PIECE_BYTES } from "./protocol.ts";

/** What is promised to other devices: see `actors/keeper/pledges.ts`. */
export interface Vouching {
  /** Promises that a blob stays for a while; false where it is about to go. */
  vouch(sha256: string): boolean;
}

/** Where nothing ever goes. */
const keepsAll: Vouching = { vouch: () => true };

/** Makes the library's behaviour. */
export function library(store: BlockStore, pledges: Vouching = keepsAll): Behaviour<null, LibraryMessage> {
  return {
    accepts: accepting<LibraryMessage>(LibraryMessage),
    start: () => null,
    async receive(_state, message, context) {
      switch (message.type) {
        case "has":
          reply(context, message.replyTo, await Promise.all(message.blobs.map((blob) => store.has(blob))));
          break;
        case "vouch": {
          const here = await Promise.all(message.blobs.map((blob) => store.has(blob)));
          reply(
            context,
            message.replyTo,
            message.blobs.map(({ sha256 }, at) => here[at] === true && pledges.vouch(sha256)),
          );
          break;
        }
        case "read":
          reply(context, message.replyTo, await readPiece(store, message, pledges));
          break;
        case "manifest":
          reply(context, message.replyTo, await readManifest(store, message.model, message.offset));
          break;
        default:
          message satisfies never;
      }
      return next(null);
    },
  };
}

async function readPiece(
  store: BlockStore,
  { blob, offset, length }: Extract<LibraryMessage, { type: "read" }>,
  pledges: Vouching,
): Promise<Piece> {
  try {
    const bytes = await store.read(blob, offset, length);
    // Who reads a piece wants the next one too.
    pledges.vouch(blob.sha256);
    return { bytes };
  } catch (error) {
    if (!(error instanceof BlobMissingError || error instanceof RangeError)) throw error;
    return {};
  }
}

async function readManifest(store: BlockStore, model: string, offset: number): Promise<ManifestPiece> {
  const manifest = await store.manifest(model);
  if (manifest === undefined) return {};
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  return { bytes: bytes.slice(offset, offset + PIECE_BYTES), totalBytes: bytes.length };
}
