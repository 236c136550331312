import { type Envelope, pack } from "./envelope.ts";
import type { Traffic } from "./core.ts";
import type { Home } from "./home.ts";
import type { Channel, DeviceId } from "./ref.ts";
import { Resender } from "./resender.ts";
import type { Sent, Transport } from "../transport.ts";

/** Sends envelopes, each in a frame, and counts frames both ways. */
export class Wire {
  readonly #home: Home;
  readonly #transport: Transport;
  readonly #resender: Resender;
  #framesIn = 0;
  #framesOut = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(home: Home, transport: Transport) {
    this.#home = home;
    this.#transport = transport;
    this.#resender = new Resender(transport, home.clock);
  }

  isConnected(device: DeviceId): boolean {
    return this.#transport.isConnected(device);
  }

  /** Sends an envelope or not. Throws a `TypeError` if its message or value holds what cannot travel. */
  send(device: DeviceId, channel: Channel, envelope: Envelope): Sent {
    let frame: Uint8Array;
    try {
      frame = pack(envelope);
    } catch (error) {
      // Too much, too deep: what a longer prompt can make of a good message, so it is an outcome and no mistake.
      if (error instanceof RangeError) return "too-large";
      throw error;
    }
    return this.#sent(device, channel, frame, this.#transport.send(device, channel, frame));
  }

  /** Sends a small envelope that must not be lost while the connection lasts: "sent" also if it waits. */
  sendSurely(device: DeviceId, channel: Channel, envelope: Envelope): Exclude<Sent, "overloaded"> {
    const frame = pack(envelope);
    return this.#sent(device, channel, frame, this.#resender.send(device, channel, frame));
  }

  /** Counts a frame that was received. */
  received(device: DeviceId, channel: Channel, { byteLength }: Uint8Array): void {
    this.#framesIn++;
    this.#bytesIn += byteLength;
    const { inspector } = this.#home;
    if (inspector.listening) inspector.emit({ type: "frame", direction: "in", device, channel, bytes: byteLength });
  }

  traffic(): Traffic {
    return {
      framesIn: this.#framesIn,
      framesOut: this.#framesOut,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
    };
  }

  /** Forgets what waits for a device. */
  lost(device: DeviceId): void {
    this.#resender.lost(device);
  }

  close(): void {
    this.#resender.close();
  }

  #sent<S extends Sent>(device: DeviceId, channel: Channel, { byteLength }: Uint8Array, sent: S): S {
    if (sent !== "sent") return sent;
    this.#framesOut++;
    this.#bytesOut += byteLength;
    const { inspector } = this.#home;
    if (inspector.listening) inspector.emit({ type: "frame", direction: "out", device, channel, bytes: byteLength });
    return sent;
  }
}

/** Why something was not sent, for people. */
export function notSent(sent: Exclude<Sent, "sent">, device: DeviceId): string {
  switch (sent) {
    case "unreachable":
      return `no connection to ${device}`;
    case "overloaded":
      return `too much waits to be sent to ${device}`;
    case "too-large":
      return `larger than a frame to ${device} may be; send it in pieces`;
    default:
      return sent satisfies never;
  }
}
