/** What happens in an actor system, for those who want to see it. Nobody listening costs nothing. */
import type { Channel, DeviceId, Ref } from "./ref.ts";

/** Why a message or frame went nowhere. */
export type DropReason =
  | "overloaded" // the mailbox or the way to the device was full
  | "too-large" // its frame is larger than the way to the device takes
  | "dead" // no such actor lives here
  | "expired" // the ask was over before its turn came
  | "stopped" // it waited in the mailbox of an actor that ended
  | "unreachable" // there is no way to the device
  | "refused" // `accepts` threw, or the actor takes nothing from other devices
  | "malformed"; // the frame could not be decoded or is no envelope

/** `at` is the clock's time in ms, `ms` a duration. */
export type InspectEvent =
  | { readonly type: "spawned" | "restarted"; readonly at: number; readonly path: string; readonly ms: number }
  | {
    readonly type: "told";
    readonly at: number;
    readonly path: string;
    readonly message: string;
    readonly queued: number;
  }
  | {
    readonly type: "handled";
    readonly at: number;
    readonly path: string;
    readonly message: string;
    readonly ms: number;
  }
  | { readonly type: "crashed"; readonly at: number; readonly path: string; readonly error: string }
  | {
    readonly type: "stopped";
    readonly at: number;
    readonly path: string;
    readonly reason: "stopped" | "crashed";
    readonly detail: string;
  }
  | { readonly type: "moved"; readonly at: number; readonly path: string; readonly to: Ref<never> }
  | {
    readonly type: "dropped";
    readonly at: number;
    readonly path: string;
    readonly why: DropReason;
    readonly detail: string;
  }
  | {
    readonly type: "frame";
    readonly at: number;
    readonly direction: "in" | "out";
    readonly device: DeviceId;
    readonly channel: Channel;
    readonly bytes: number;
  };

/** An event without its time. */
type Untimed<E> = E extends unknown ? Omit<E, "at"> : never;

/** One actor as it is now. */
export interface ActorSnapshot {
  readonly path: string;
  readonly incarnation: string;
  readonly state: "starting" | "running" | "restarting" | "leaving" | "stopping" | "stopped";
  /** Messages that wait, and how many may. */
  readonly mailbox: number;
  readonly mailboxBound: number;
  /** Messages handled, and the times that took, in ms. */
  readonly handled: number;
  readonly lastMs: number;
  readonly meanMs: number;
  readonly totalMs: number;
  /** What one message in a hundred took at least, within a fifth; 0 where none was handled. */
  readonly p99Ms: number;
  /** Since its latest start. */
  readonly upMs: number;
  readonly restarts: number;
  /** Messages refused because the mailbox was full. */
  readonly overloaded: number;
}

/** Since the system was made: messages and frames that went nowhere by reason, and what went over the transport. */
export interface Counters {
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The way to look into an actor system. */
export interface Inspect {
  /** Calls `listener` for everything that happens, until the returned function is called. Its errors are ignored. */
  subscribe(listener: (event: InspectEvent) => void): () => void;
  /** The actors that live, parents before their children, siblings in the order they were spawned. */
  snapshot(): ActorSnapshot[];
  counters(): Counters;
}

/** The side of the event stream that the system writes to. */
export class Inspector {
  readonly #listeners = new Set<(event: InspectEvent) => void>();
  readonly #now: () => number;
  readonly dropped: Record<DropReason, number> = {
    overloaded: 0,
    "too-large": 0,
    dead: 0,
    expired: 0,
    stopped: 0,
    unreachable: 0,
    refused: 0,
    malformed: 0,
  };
  /** Whether anybody listens; look before building an event. */
  listening = false;

  readonly #onCrash: (path: string, error: string) => void;

  constructor(now: () => number, onCrash: (path: string, error: string) => void) {
    this.#now = now;
    this.#onCrash = onCrash;
  }

  subscribe(listener: (event: InspectEvent) => void): () => void {
    // A wrapper, so that a function that subscribed twice is called twice and ends each on its own.
    const own = (event: InspectEvent) => listener(event);
    this.#listeners.add(own);
    this.listening = true;
    return () => {
      this.#listeners.delete(own);
      this.listening = this.#listeners.size > 0;
    };
  }

  emit(event: Untimed<InspectEvent>): void {
    if (!this.listening) return;
    const timed = { ...event, at: this.#now() } as InspectEvent;
    for (const listener of this.#listeners) {
      try {
        listener(timed);
      } catch {
        // An onlooker must not disturb what it looks at.
      }
    }
  }

  crash(path: string, error: string): void {
    this.#onCrash(path, error);
    if (this.listening) this.emit({ type: "crashed", path, error });
  }

  drop(path: string, why: DropReason, detail: string): void {
    this.dropped[why]++;
    if (this.listening) this.emit({ type: "dropped", path, why, detail });
  }
}
