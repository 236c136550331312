/** The library: gives other devices pieces of the blobs in this device's block store. */
import { BlobMissingError, type BlockStore } from "../../models/store/block-store.ts";
import { type Behaviour, next, reply } from "../../runtime/actor/mod.ts";
import { accepting } from "../wire.ts";
import { LibraryMessage } from "./protocol.ts";

/** Makes the library's behaviour. */
export function library(store: BlockStore): Behaviour<null, LibraryMessage> {
  return {
    accepts: accepting<LibraryMessage>(LibraryMessage),
    start: () => null,
    async receive(_state, message, context) {
      switch (message.type) {
        case "has":
          reply(context, message.replyTo, await Promise.all(message.blobs.map((blob) => store.has(blob))));
          break;
        case "read":
          try {
            const bytes = await store.read(message.blob, message.offset, message.length);
            reply(context, message.replyTo, { bytes });
          } catch (error) {
            if (!(error instanceof BlobMissingError || error instanceof RangeError)) throw error;
            reply(context, message.replyTo, {});
          }
          break;
        default:
          message satisfies never;
      }
      return next(null);
    },
  };
}
