import type { Stream } from "@libp2p/interface";
import { delayWindowUpdates } from "./lazy-window.ts";
import { receiveStraight } from "./short-cut.ts";

/** A libp2p stream as bytes in order: what a session needs of it. */
export interface Link {
  /** Writes bytes; false means: no more until `onWritable`. False also if the stream is closed. */
  write(bytes: Uint8Array): boolean;
  /** Starts the flow of bytes; until then they wait in the stream's buffer. */
  listen(listener: LinkListener): void;
}

export interface LinkListener {
  onBytes(bytes: Uint8Array): void;
  onWritable(): void;
  onClose(): void;
}

/** Makes a link of a stream. */
export function createLink(stream: Stream): Link {
  delayWindowUpdates(stream);
  receiveStraight(stream);
  return {
    write(bytes) {
      try {
        return stream.send(bytes);
      } catch {
        // Only a closed stream throws, and its close event tells the session.
        return false;
      }
    },
    listen({ onBytes, onWritable, onClose }) {
      stream.addEventListener("drain", onWritable);
      stream.addEventListener("close", onClose);
      stream.addEventListener("remoteCloseWrite", onClose);
      stream.addEventListener("message", ({ data }) => {
        if (data instanceof Uint8Array) onBytes(data);
        else for (const part of data) onBytes(part);
      });
      if (stream.status !== "open") onClose();
    },
  };
}
