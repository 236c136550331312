/** The half of an actor system that speaks with other devices. */
import { errorText, type Pending } from "./asks.ts";
import type { AskFailure } from "./behaviour.ts";
import type { Cell } from "./cell.ts";
import { type Core, deliver, find } from "./core.ts";
import { type Envelope, pack, unpack } from "./envelope.ts";
import type { DropReason } from "./inspect.ts";
import { Inbound } from "./inbound.ts";
import { Outbox } from "./outbox.ts";
import type { Channel, DeviceId, Message, Ref } from "./ref.ts";
import type { PeerEvent, Sent, Transport } from "./transport.ts";
import { Watch } from "./watch.ts";

/** Asks of one device that may wait here, and actors of this device that one device may watch. */
const MAX_ASKS_PER_DEVICE = 10_000;
const MAX_WATCHES_PER_DEVICE = 10_000;

/** What another device waits for here. */
interface Guest {
  readonly asks: Map<string, Inbound>;
  readonly watches: Map<number, Watch>;
}

export class Remote {
  readonly #core: Core;
  readonly #transport: Transport | undefined;
  readonly #outbox: Outbox | undefined;
  readonly #guests = new Map<DeviceId, Guest>();
  /** Watches of this device's on actors elsewhere, by the id that the other device knows. */
  readonly #watches = new Map<number, Watch>();
  /** Actors of this device's that want to learn of the loss of another. */
  readonly #deviceWatches = new Map<DeviceId, Set<(detail: string) => void>>();
  readonly #unsubscribe: (() => void)[] = [];
  #lastWatch = 0;
  framesIn = 0;
  framesOut = 0;
  bytesIn = 0;
  bytesOut = 0;

  constructor(core: Core, transport: Transport | undefined) {
    this.#core = core;
    this.#transport = transport;
    if (transport === undefined) return;
    this.#outbox = new Outbox(transport, core.clock);
    this.#unsubscribe.push(
      transport.onPeer((event) => this.#peer(event)),
      transport.onFrame((device, channel, frame) => this.#receive(device, channel, frame)),
    );
  }

  tell({ device, channel, path, incarnation }: Ref<never>, message: Message): void {
    const sent = this.#send(device, channel, { type: "tell", path, incarnation, message });
    if (sent !== "sent") this.#core.inspector.drop(path, sent, `${message.type} for device ${device}`);
  }

  ask({ device, channel, path, incarnation }: Ref<never>, pending: Pending): void {
    const { id, message, deadline } = pending;
    const remainingMs = Math.max(0, deadline - this.#core.clock.now());
    const sent = this.#send(device, channel, { type: "ask", path, incarnation, message, id, remainingMs });
    if (sent === "sent") return;
    this.#core.inspector.drop(path, sent, `${message.type} for device ${device}`);
    pending.fail(sent, `${message.type}: ${sentence(sent, device)}`);
  }

  /** Answers an ask that another device made, of an actor here or elsewhere. */
  reply({ device, channel, incarnation: id }: Ref<never>, value: unknown): void {
    // If the value cannot travel this throws: the request stays open and fails with the actor that answered so.
    const sent = this.#send(device, channel, { type: "reply", id, value });
    this.#guests.get(device)?.asks.get(id)?.close();
    if (sent === "sent") return;
    this.#core.inspector.drop("?", sent, `an answer for device ${device}`);
    if (sent !== "unreachable") this.#refuse(device, channel, id, sent, `the answer: ${sentence(sent, device)}`);
  }

  watch(watch: Watch, back: Channel): void {
    const { device, channel, path, incarnation } = watch.ref;
    const id = ++this.#lastWatch;
    this.#watches.set(id, watch);
    const forget = () => void this.#watches.delete(id);
    watch.detach = forget;
    if (this.#surely(device, channel, { type: "watch", id, path, incarnation, back }) === "unreachable") {
      return watch.fire("unreachable", `no connection to ${device}`);
    }
    watch.detach = () => {
      if (this.#watches.delete(id)) this.#surely(device, channel, { type: "unwatch", id });
    };
  }

  /** Calls `lost` once when the connection to a device is lost, before this returns if there is none. */
  watchDevice(device: DeviceId, lost: (detail: string) => void): () => void {
    if (this.#transport?.isConnected(device) !== true) {
      lost(`no connection to ${device}`);
      return () => {};
    }
    const all = this.#deviceWatches.get(device) ?? new Set();
    this.#deviceWatches.set(device, all.add(lost));
    return () => {
      all.delete(lost);
      if (all.size === 0 && this.#deviceWatches.get(device) === all) this.#deviceWatches.delete(device);
    };
  }

  close(): void {
    for (const end of this.#unsubscribe.splice(0).reverse()) end();
    for (const watch of [...this.#watches.values()]) watch.end();
    for (const device of [...this.#guests.keys()]) this.#forget(device);
    this.#outbox?.close();
  }

  #receive(device: DeviceId, channel: Channel, frame: Uint8Array): void {
    this.framesIn++;
    this.bytesIn += frame.byteLength;
    const { inspector } = this.#core;
    if (inspector.listening) {
      inspector.emit({ type: "frame", direction: "in", device, channel, bytes: frame.byteLength });
    }
    let envelope: Envelope;
    try {
      envelope = unpack(frame);
    } catch (error) {
      return inspector.drop("?", "malformed", `a frame from ${device}: ${errorText(error)}`);
    }
    this.#open(device, channel, envelope);
  }

  #open(device: DeviceId, channel: Channel, envelope: Envelope): void {
    switch (envelope.type) {
      case "tell":
        return this.#told(device, envelope);
      case "ask":
        return this.#asked(device, channel, envelope);
      case "reply":
        return this.#core.asks.settle(envelope.id, { type: "reply", value: envelope.value });
      case "refuse":
        return this.#core.asks.settle(envelope.id, { type: envelope.outcome, reason: envelope.reason });
      case "watch":
        return this.#watched(device, envelope);
      case "unwatch":
        return this.#guests.get(device)?.watches.get(envelope.id)?.end();
      case "terminated": {
        const watch = this.#watches.get(envelope.id);
        // Only the device that hosts the actor may say so.
        if (watch?.ref.device !== device) return;
        this.#watches.delete(envelope.id);
        return watch.fire(envelope.reason, envelope.detail);
      }
    }
  }

  #told(device: DeviceId, { path, incarnation, message }: Extract<Envelope, { type: "tell" }>): void {
    const cell = find(this.#core, path, incarnation);
    if (cell === undefined) return this.#core.inspector.drop(path, "dead", `${device} told an actor that is not here`);
    const accepted = accept(cell, device, message);
    if (accepted.type === "refused") return this.#core.inspector.drop(path, "refused", accepted.reason);
    deliver(this.#core, cell, path, accepted.message);
  }

  #asked(device: DeviceId, channel: Channel, envelope: Extract<Envelope, { type: "ask" }>): void {
    const { path, incarnation, message, id, remainingMs } = envelope;
    const { asks } = this.#guest(device);
    const now = this.#core.clock.now();
    const refuse = (why: DropReason, outcome: AskFailure, reason: string) => {
      this.#core.inspector.drop(path, why, reason);
      this.#refuse(device, channel, id, outcome, reason);
    };
    if (asks.has(id)) return this.#core.inspector.drop(path, "refused", `${device} asks twice under one id`);
    if (asks.size >= MAX_ASKS_PER_DEVICE) forgetExpired(asks, now);
    if (asks.size >= MAX_ASKS_PER_DEVICE) {
      return refuse("overloaded", "overloaded", `${asks.size} asks of ${device} wait for their answers`);
    }
    const cell = find(this.#core, path, incarnation);
    if (cell === undefined) return refuse("dead", "stopped", `${path}: no such actor lives on ${this.#core.device}`);
    const accepted = accept(cell, device, message);
    if (accepted.type === "refused") return refuse("refused", accepted.outcome, accepted.reason);
    const inbound = new Inbound(id, accepted.message, now + remainingMs, (failure) => {
      asks.delete(id);
      if (failure !== undefined) this.#refuse(device, channel, id, failure.type, failure.reason);
    });
    asks.set(id, inbound);
    deliver(this.#core, cell, path, inbound);
  }

  #watched(device: DeviceId, { id, path, incarnation, back }: Extract<Envelope, { type: "watch" }>): void {
    const { watches } = this.#guest(device);
    if (watches.has(id)) return;
    const ref: Ref<never> = { device: this.#core.device, path, incarnation, channel: "control" };
    const watch = new Watch(ref, ({ reason, detail }) => {
      this.#surely(device, back, { type: "terminated", id, reason, detail });
    });
    if (watches.size >= MAX_WATCHES_PER_DEVICE) {
      return watch.fire("unreachable", `${device} watches ${watches.size} actors here already`);
    }
    const cell = find(this.#core, path, incarnation);
    if (cell === undefined) return watch.fire("unknown", `${path}: no such actor lives on ${this.#core.device}`);
    watches.set(id, watch);
    cell.watchers.add(watch);
    watch.detach = () => {
      cell.watchers.delete(watch);
      watches.delete(id);
    };
  }

  #peer({ type, device, reason = "the connection was lost" }: PeerEvent): void {
    // "up" too: should a transport ever replace a connection without a "down", the old one's promises are void.
    this.#forget(device);
    if (type === "up") return;
    this.#outbox?.lost(device);
    this.#core.asks.lost(device, `${device}: ${reason}`);
    for (const [id, watch] of [...this.#watches]) {
      if (watch.ref.device !== device) continue;
      this.#watches.delete(id);
      watch.fire("unreachable", `${device}: ${reason}`);
    }
    const lost = this.#deviceWatches.get(device) ?? [];
    this.#deviceWatches.delete(device);
    for (const tell of lost) tell(`${device}: ${reason}`);
  }

  #guest(device: DeviceId): Guest {
    let guest = this.#guests.get(device);
    if (guest === undefined) this.#guests.set(device, guest = { asks: new Map(), watches: new Map() });
    return guest;
  }

  #forget(device: DeviceId): void {
    const guest = this.#guests.get(device);
    if (guest === undefined) return;
    this.#guests.delete(device);
    for (const ask of [...guest.asks.values()]) ask.close();
    for (const watch of [...guest.watches.values()]) watch.end();
  }

  #refuse(device: DeviceId, channel: Channel, id: string, outcome: AskFailure, reason: string): void {
    this.#surely(device, channel, { type: "refuse", id, outcome, reason });
  }

  #surely(device: DeviceId, channel: Channel, envelope: Envelope): Sent {
    if (this.#outbox === undefined) return "unreachable";
    const frame = pack(envelope);
    return this.#count(device, channel, frame, this.#outbox.send(device, channel, frame));
  }

  #send(device: DeviceId, channel: Channel, envelope: Envelope): Sent {
    if (this.#transport === undefined) return "unreachable";
    let frame: Uint8Array;
    try {
      frame = pack(envelope);
    } catch (error) {
      // Too much, too deep: what a longer prompt can make of a good message, so it is an outcome and no mistake.
      if (error instanceof RangeError) return "too-large";
      throw error;
    }
    return this.#count(device, channel, frame, this.#transport.send(device, channel, frame));
  }

  #count(device: DeviceId, channel: Channel, frame: Uint8Array, sent: Sent): Sent {
    if (sent !== "sent") return sent;
    this.framesOut++;
    this.bytesOut += frame.byteLength;
    const { inspector } = this.#core;
    if (inspector.listening) {
      inspector.emit({ type: "frame", direction: "out", device, channel, bytes: frame.byteLength });
    }
    return sent;
  }
}

/** Why something was not sent, for people. */
function sentence(sent: Exclude<Sent, "sent">, device: DeviceId): string {
  switch (sent) {
    case "unreachable":
      return `no connection to ${device}`;
    case "overloaded":
      return `too much waits to be sent to ${device}`;
    case "too-large":
      return `larger than a frame to ${device} may be; send it in pieces`;
  }
}

type Accepted =
  | { readonly type: "accepted"; readonly message: Message }
  | { readonly type: "refused"; readonly outcome: AskFailure; readonly reason: string };

/** A message from another device as its actor wants it, or why it does not. */
function accept({ path, behaviour }: Cell, device: DeviceId, message: unknown): Accepted {
  const { accepts } = behaviour;
  if (accepts === undefined) {
    return { type: "refused", outcome: "unreachable", reason: `${path} takes nothing from other devices` };
  }
  try {
    return { type: "accepted", message: accepts(message, device) };
  } catch (error) {
    const reason = `${path} refused a message from ${device}: ${errorText(error)}`;
    return { type: "refused", outcome: "crashed", reason };
  }
}

function forgetExpired(asks: ReadonlyMap<string, Inbound>, now: number): void {
  for (const ask of [...asks.values()]) if (!ask.isOpen(now)) ask.close();
}
