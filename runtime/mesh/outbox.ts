import { frameStart, HEADER_BYTES, type Kind } from "./frames.ts";
import { PIECE } from "./limits.ts";

/** The sending half of a stream. `write` returns false when it wants no more until `writable` is called on the outbox. */
export interface Sink {
  write(bytes: Uint8Array): boolean;
}

/** The frames waiting to go out on one stream, bounded in bytes. */
export interface Outbox {
  /** Writes a frame now if the stream takes it, else queues it. Returns false if the queue is full: nothing was taken. */
  send(kind: Kind, payload: Uint8Array): boolean;
  /** Tells that the stream takes bytes again. */
  writable(): void;
  /** Frames and parts of frames not yet handed over. */
  waitingBytes(): number;
  /** Bytes of all frames taken, headers included. */
  takenBytes(): number;
}

/**
 * Makes an outbox. At most `capacity` bytes wait; an empty queue takes any frame, so that none is too large for ever.
 * Small frames are written at once, large ones in pieces with a look at the stream's readiness between them.
 */
export function createOutbox(sink: Sink, capacity: number): Outbox {
  let queue: { readonly kind: Kind; readonly payload: Uint8Array }[] = [];
  let head = 0;
  /** Bytes of the frame at the head that are already handed over. */
  let offset = 0;
  let waiting = 0;
  let taken = 0;
  let ready = true;
  let pumping = false;

  function pump(): void {
    // A write may call `writable` before it returns; the loop below then goes on by itself.
    if (pumping) return;
    pumping = true;
    try {
      while (ready && head < queue.length) writePiece();
    } finally {
      pumping = false;
    }
  }

  function writePiece(): void {
    const frame = queue[head];
    if (frame === undefined) return;
    const { kind, payload } = frame;
    const at = offset - HEADER_BYTES;
    const piece = offset === 0 ? frameStart(kind, payload, PIECE) : payload.subarray(at, at + PIECE);
    offset += piece.length;
    waiting -= piece.length;
    if (offset === payload.length + HEADER_BYTES) {
      head++;
      offset = 0;
      if (head === queue.length || head > 256) {
        queue = queue.slice(head);
        head = 0;
      }
    }
    ready = false;
    if (sink.write(piece)) ready = true;
  }

  return {
    send(kind, payload) {
      const size = HEADER_BYTES + payload.length;
      if (waiting > 0 && waiting + size > capacity) return false;
      queue.push({ kind, payload });
      waiting += size;
      taken += size;
      pump();
      return true;
    },
    writable() {
      ready = true;
      pump();
    },
    waitingBytes: () => waiting,
    takenBytes: () => taken,
  };
}
