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

  #forgotten = 0;

  /** Keeps the latest `size` events. */
  constructor(clock: Clock, size = 128) {
    this.#clock = clock;
    this.#size = size;
  }

  record(event: DeviceEvent): void {
    // Progress comes many times a second and says nothing afterwards.
    if (event.type === "fetching") return;
    this.#events.push({ at: this.#clock.now(), event });
    if (this.#events.length <= this.#size) return;
    this.#events.shift();
    this.#forgotten++;
  }

  /** Events that were kept once and are not any more. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The latest, oldest first. */
  recent(): PastEvent[] {
    const now = this.#clock.now();
    return this.#events.map(({ at, event }) => ({
      millisecondsAgo: now - at,
      type: event.type,
      text: describeEvent(event).slice(0, 2000),
    }));
  }
}
