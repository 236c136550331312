import type { Clock } from "../clock.ts";
import type { Channel } from "../transport.ts";

/** How a link is, in one direction. */
export interface LinkShape {
  /** Milliseconds from the end of a frame's sending to its arrival. Default 0. */
  readonly latencyMs?: number;
  /** Bytes a second; frames wait for those before them, on either channel. Default: no end. */
  readonly bytesPerSecond?: number;
}

/** One direction of a connection: frames arrive in the order they were put. */
export interface Lane {
  put(channel: Channel, frame: Uint8Array, shape: LinkShape | undefined): void;
  /** Frames under way. */
  waiting(): number;
  /** What is under way never arrives. */
  close(): void;
}

interface Parcel {
  readonly channel: Channel;
  readonly frame: Uint8Array;
  /** The clock's time, ms; undefined for the next round of the event loop. */
  readonly due: number | undefined;
}

/** Makes a lane that gives what arrives to `deliver`. `clock` is needed for frames that are put with a shape. */
export function createLane(deliver: (channel: Channel, frame: Uint8Array) => void, clock?: Clock): Lane {
  const queue: Parcel[] = [];
  let open = true;
  /** Whether the head's arrival is waited for, or what arrived is being delivered. */
  let busy = false;
  let cancel = (): void => {};
  /** When the last byte of what was put has left, and when it arrives: neither goes back when the shape changes. */
  let left = 0;
  let arrived = 0;

  function due(bytes: number, shape: LinkShape | undefined): number | undefined {
    if (clock === undefined || shape === undefined) return undefined;
    const { latencyMs = 0, bytesPerSecond = Infinity } = shape;
    left = Math.max(left, clock.now()) + bytes / bytesPerSecond * 1000;
    return arrived = Math.max(arrived, left + latencyMs);
  }

  /** Waits for the frame at the head. */
  function wait(): void {
    const [next] = queue;
    if (busy || next === undefined || !open) return;
    busy = true;
    if (next.due === undefined || clock === undefined) {
      const timer = setImmediate(carry);
      cancel = () => clearImmediate(timer);
    } else cancel = clock.after(next.due - clock.now(), carry);
  }

  /** Delivers what has arrived; what is put meanwhile takes its own time. */
  function carry(): void {
    const now = clock?.now() ?? 0;
    const first = queue.findIndex(({ due }) => due !== undefined && due > now);
    for (const { channel, frame } of queue.splice(0, first === -1 ? queue.length : Math.max(first, 1))) {
      if (open) deliver(channel, frame);
    }
    busy = false;
    wait();
  }

  return {
    put(channel, frame, shape) {
      queue.push({ channel, frame, due: due(frame.byteLength, shape) });
      wait();
    },
    waiting: () => queue.length,
    close() {
      open = false;
      cancel();
    },
  };
}
