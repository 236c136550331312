/** The half of an actor system that speaks with other devices. */
import { errorText } from "../error-text.ts";
import type { PeerEvent, Transport } from "../transport.ts";
import type { AskOutcome } from "./behaviour.ts";
import type { Far } from "./core.ts";
import { type Envelope, unpack } from "./envelope.ts";
import type { Home } from "./home.ts";
import { Inbound } from "./inbound.ts";
import { Outbound } from "./outbound.ts";
import type { Channel, DeviceId, Ref } from "./ref.ts";
import { Wire } from "./wire.ts";

/** Makes the way to other devices over a transport. `onMoved` hears that an actor of another device has a new ref. */
export function createFar(home: Home, transport: Transport, onMoved: (from: Ref<never>, to: Ref<never>) => void): Far {
  const wire = new Wire(home, transport);
  const outbound = new Outbound(home, wire);
  const inbound = new Inbound(home, wire);
  const unsubscribe = [transport.onPeer(onPeer), transport.onFrame(onFrame)];
  return {
    tell: (ref, message) => outbound.tell(ref, message),
    ask: (ref, request) => outbound.ask(ref, request),
    reply: (ref, value) => inbound.reply(ref, value),
    watch: (ref, watch, back) => outbound.watch(ref, watch, back),
    watchDevice: (device, lost) => outbound.watchDevice(device, lost),
    traffic: () => wire.traffic(),
    close() {
      for (const end of unsubscribe.reverse()) end();
      outbound.close();
      inbound.close();
      wire.close();
    },
  };

  function onFrame(device: DeviceId, channel: Channel, frame: Uint8Array): void {
    wire.received(device, channel, frame);
    let envelope: Envelope;
    try {
      envelope = unpack(frame);
    } catch (error) {
      return home.inspector.drop("?", "malformed", `a frame from ${device}: ${errorText(error)}`);
    }
    open(device, channel, envelope);
  }

  function open(device: DeviceId, channel: Channel, envelope: Envelope): void {
    switch (envelope.type) {
      case "tell":
        return inbound.told(device, envelope);
      case "ask":
        return inbound.asked(device, channel, envelope);
      case "reply":
        return settle(device, envelope.id, { type: "reply", value: envelope.value });
      case "refuse":
        return settle(device, envelope.id, { type: envelope.outcome, reason: envelope.reason });
      case "watch":
        return inbound.watched(device, envelope);
      case "unwatch":
        return inbound.unwatched(device, envelope.id);
      case "terminated":
        return outbound.terminated(device, envelope.id, envelope.reason, envelope.detail);
      case "moved": {
        const { path, incarnation, channel, to } = envelope;
        return onMoved({ device, path, incarnation, channel }, to);
      }
      default:
        envelope satisfies never;
    }
  }

  function settle(device: DeviceId, id: string, outcome: AskOutcome<unknown>): void {
    if (!home.asks.settle(id, outcome)) inbound.settled(device, id, outcome);
  }

  function onPeer({ type, device, reason = "the connection was lost" }: PeerEvent): void {
    // "up" too: should a transport ever replace a connection without a "down", the old one's promises are void.
    inbound.forget(device);
    if (type === "up") return;
    wire.lost(device);
    inbound.lost(device, `${device}: ${reason}`);
    outbound.lost(device, `${device}: ${reason}`);
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
