/** Frames on a stream: 4 bytes length of the payload (little-endian), 1 byte kind, payload. See docs/protocol.md. */

/** What a frame is: the mesh's own, or a payload for those above. */
export const KINDS = ["hello", "ping", "pong", "goodbye", "members", "payload", "change"] as const;
export type Kind = typeof KINDS[number];

export const HEADER_BYTES = 5;

/** Received bytes that are no frame: what was wrong, for the log. The stream is lost, as its framing is. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** A frame as received. */
export interface Frame {
  readonly kind: Kind;
  readonly payload: Uint8Array;
}

/** Writes a header, followed by as much of the payload as fits into `limit` bytes; the rest follows as it is. */
export function frameStart(kind: Kind, payload: Uint8Array, limit: number): Uint8Array {
  const start = new Uint8Array(Math.min(limit, HEADER_BYTES + payload.length));
  new DataView(start.buffer).setUint32(0, payload.length, true);
  start[4] = KINDS.indexOf(kind);
  start.set(payload.subarray(0, start.length - HEADER_BYTES), HEADER_BYTES);
  return start;
}

/** Takes bytes as they come and gives frames. */
export interface FrameDecoder {
  /** Takes the next bytes; calls `onFrame` for each frame they complete. Throws a FrameError if they are no frames. */
  push(bytes: Uint8Array, onFrame: (frame: Frame) => void): void;
}

/**
 * Makes a decoder. `limit` gives the largest payload that is allowed at this moment: it is asked before memory is
 * allocated. Each byte is copied once, straight into the frame's own buffer.
 */
export function createFrameDecoder(limit: (kind: Kind) => number): FrameDecoder {
  const header = new Uint8Array(HEADER_BYTES);
  let headerFill = 0;
  let kind: Kind = "payload";
  let payload: Uint8Array | undefined;
  let fill = 0;

  function begin(): void {
    const length = new DataView(header.buffer).getUint32(0, true);
    const code = header[4] ?? 0;
    const named = KINDS[code];
    if (named === undefined) throw new FrameError(`a frame of unknown kind ${code}`);
    if (length > limit(named)) {
      throw new FrameError(`a ${named} frame of ${length} bytes, where ${limit(named)} are allowed`);
    }
    kind = named;
    payload = new Uint8Array(length);
    fill = 0;
  }

  return {
    push(bytes, onFrame) {
      let at = 0;
      for (;;) {
        if (payload === undefined) {
          while (headerFill < HEADER_BYTES && at < bytes.length) header[headerFill++] = bytes[at++] ?? 0;
          if (headerFill < HEADER_BYTES) return;
          begin();
        }
        if (payload === undefined) return;
        const part = bytes.subarray(at, at + payload.length - fill);
        payload.set(part, fill);
        fill += part.length;
        at += part.length;
        if (fill < payload.length) return;
        const frame = { kind, payload };
        payload = undefined;
        headerFill = 0;
        onFrame(frame);
      }
    },
  };
}
