/** The half of an actor system that speaks with other devices. */
import { errorText } from "../error-text.ts";
import type { PeerEvent, Transport } from "../transport.ts";
import type { AskOutcome } from "./behaviour.ts";
import type { Far, Traffic } from "./core.ts";
import { type Envelope, unpack } from "./envelope.ts";
import type { Home } from "./home.ts";
import { Inbound } from "./inbound.ts";
import { Outbound } from "./outbound.ts";
import type { Channel, DeviceId, Message, Ref } from "./ref.ts";
import type { Request } from "./request.ts";
import type { Watch } from "./watch.ts";
import { Wire } from "./wire.ts";

/** The way to other devices over a transport: frames in and out, and the two halves that they belong to. */
export class Remote implements Far {
  readonly #home: Home;
  readonly #wire: Wire;
  readonly #outbound: Outbound;
  readonly #inbound: Inbound;
  readonly #onMoved: (from: Ref<never>, to: Ref<never>) => void;
  readonly #unsubscribe: readonly (() => void)[];

  /** `onMoved` hears that an actor of another device has a new ref. */
  constructor(home: Home, transport: Transport, onMoved: (from: Ref<never>, to: Ref<never>) => void) {
    this.#home = home;
    this.#onMoved = onMoved;
    this.#wire = new Wire(home, transport);
    this.#outbound = new Outbound(home, this.#wire);
    this.#inbound = new Inbound(home, this.#wire);
    this.#unsubscribe = [
      transport.onPeer((event) => this.#peer(event)),
      transport.onFrame((device, channel, frame) => this.#receive(device, channel, frame)),
    ];
  }

  tell(ref: Ref<never>, message: Message): void {
    this.#outbound.tell(ref, message);
  }

  ask(ref: Ref<never>, request: Request): void {
    this.#outbound.ask(ref, request);
  }

  reply(ref: Ref<never>, value: unknown): void {
    this.#inbound.reply(ref, value);
  }

  watch(ref: Ref<never>, watch: Watch, back: Channel): void {
    this.#outbound.watch(ref, watch, back);
  }

  watchDevice(device: DeviceId, lost: (detail: string) => void): () => void {
    return this.#outbound.watchDevice(device, lost);
  }

  traffic(): Traffic {
    return this.#wire.traffic();
  }

  close(): void {
    for (const end of this.#unsubscribe.toReversed()) end();
    this.#outbound.close();
    this.#inbound.close();
    this.#wire.close();
  }

  #receive(device: DeviceId, channel: Channel, frame: Uint8Array): void {
    this.#wire.received(device, channel, frame);
    let envelope: Envelope;
    try {
      envelope = unpack(frame);
    } catch (error) {
      return this.#home.inspector.drop("?", "malformed", `a frame from ${device}: ${errorText(error)}`);
    }
    this.#open(device, channel, envelope);
  }

  #open(device: DeviceId, channel: Channel, envelope: Envelope): void {
    switch (envelope.type) {
      case "tell":
        return this.#inbound.told(device, envelope);
      case "ask":
        return this.#inbound.asked(device, channel, envelope);
      case "reply":
        return this.#settle(device, envelope.id, { type: "reply", value: envelope.value });
      case "refuse":
        return this.#settle(device, envelope.id, { type: envelope.outcome, reason: envelope.reason });
      case "watch":
        return this.#inbound.watched(device, envelope);
      case "unwatch":
        return this.#inbound.unwatched(device, envelope.id);
      case "terminated":
        return this.#outbound.terminated(device, envelope.id, envelope.reason, envelope.detail);
      case "moved": {
        const { path, incarnation, channel, to } = envelope;
        return this.#onMoved({ device, path, incarnation, channel }, to);
      }
      default:
        envelope satisfies never;
    }
  }

  #settle(device: DeviceId, id: string, outcome: AskOutcome<unknown>): void {
    if (!this.#home.asks.settle(id, outcome)) this.#inbound.settled(device, id, outcome);
  }

  #peer({ type, device, reason = "the connection was lost" }: PeerEvent): void {
    // "up" too: should a transport ever replace a connection without a "down", the old one's promises are void.
    this.#inbound.forget(device);
    if (type === "up") return;
    this.#wire.lost(device);
    this.#inbound.lost(device, `${device}: ${reason}`);
    this.#outbound.lost(device, `${device}: ${reason}`);
  }
}

/** The transport of a device that is alone. */
export function noTransport(self: DeviceId): Transport {
  return {
    self,
    isConnected: () => false,
    send: () => "unreachable",
    onFrame: () => () => {},
    onPeer: () => () => {},
  };
}
