import type { Clock } from "../clock.ts";
import type { Channel, DeviceId } from "./ref.ts";
import type { Sent, Transport } from "../transport.ts";

/** Milliseconds between attempts; an overloaded connection drains in about that time. */
const RETRY_MS = 20;
/** Frames that may wait for one device. Watches are bounded below this, so only a broken peer gets here. */
const MAX_WAITING = 50_000;

/**
 * Sends what must not be lost while a connection lasts, such as the end of a watched actor: a refusal as "overloaded" is
 * tried again, in order, until the frame is sent or the device is lost.
 */
export class Resender {
  readonly #waiting = new Map<DeviceId, { readonly channel: Channel; readonly frame: Uint8Array }[]>();
  readonly #transport: Transport;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  /** "sent" also if the frame waits. What is sent here is small: a frame that is too large would never get through. */
  send(device: DeviceId, channel: Channel, frame: Uint8Array): Exclude<Sent, "overloaded"> {
    const queue = this.#waiting.get(device);
    if (queue === undefined) {
      const sent = this.#transport.send(device, channel, frame);
      if (sent !== "overloaded") return sent;
      this.#waiting.set(device, [{ channel, frame }]);
    } else {
      if (queue.length >= MAX_WAITING) return "unreachable";
      queue.push({ channel, frame });
    }
    this.#cancel ??= this.#clock.after(RETRY_MS, () => this.#retry());
    return "sent";
  }

  /** Forgets what waits for a device. */
  lost(device: DeviceId): void {
    this.#waiting.delete(device);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting.clear();
  }

  #retry(): void {
    this.#cancel = undefined;
    for (const [device, queue] of this.#waiting) {
      let sent = 0;
      while (sent < queue.length) {
        const item = queue[sent];
        if (item === undefined || this.#transport.send(device, item.channel, item.frame) === "overloaded") break;
        sent++;
      }
      queue.splice(0, sent);
      if (queue.length === 0) this.#waiting.delete(device);
    }
    if (this.#waiting.size > 0) this.#cancel = this.#clock.after(RETRY_MS, () => this.#retry());
  }
}
