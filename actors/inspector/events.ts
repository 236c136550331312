/** What happened lately, kept for those who come later. */
import type { Clock } from "../../runtime/clock.ts";
import type { DeviceEvent } from "../events.ts";
import { describeEvent } from "./describe.ts";
import type { PastEvent } from "./protocol.ts";

/** The latest events of a device. */
export class EventRing {
  readonly #clock: Clock;
  readonly #size: number;
  readonly #events: { readonly at: number; readonly event: DeviceEvent }[] = [];

  readonly #listeners = new Set<(event: DeviceEvent) => void>();
  #forgotten = 0;

  /** Keeps the latest `size` events. */
  constructor(clock: Clock, size = 128) {
    this.#clock = clock;
    this.#size = size;
  }

  record(event: DeviceEvent): void {
    for (const listener of this.#listeners) listener(event);
    // Progress comes many times a second and says nothing afterwards.
    if (event.type === "fetching" || isProgress(event)) return;
    this.#events.push({ at: this.#clock.now(), event });
    if (this.#events.length <= this.#size) return;
    this.#events.shift();
    this.#forgotten++;
  }

  /** Events that were kept once and are not any more. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Calls `listener` for everything that happens, progress too, until the returned function is called. */
  subscribe(listener: (event: DeviceEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The latest `count`, oldest first, and how long ago each was. */
  latest(count: number): { readonly millisecondsAgo: number; readonly event: DeviceEvent }[] {
    const now = this.#clock.now();
    const kept = count === 0 ? [] : this.#events.slice(-count);
    return kept.map(({ at, event }) => ({ millisecondsAgo: now - at, event }));
  }

  /** The latest, oldest first. */
  recent(): PastEvent[] {
    return this.latest(this.#size).map(({ millisecondsAgo, event }) => ({
      millisecondsAgo,
      type: event.type,
      text: describeEvent(event).slice(0, 2000),
    }));
  }
}

/** Whether an answer only tells how far it is. */
function isProgress(event: DeviceEvent): boolean {
  if (event.type !== "answer") return false;
  return event.stage === "going" || (event.stage === "reading" && event.read !== undefined);
}
