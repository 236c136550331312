import { accept } from "./accept.ts";
import type { AskFailure } from "./behaviour.ts";
import type { Envelope } from "./envelope.ts";
import { ForeignAsk } from "./foreign-ask.ts";
import { deliver, find, type Home } from "./home.ts";
import type { DropReason } from "./inspect.ts";
import type { Channel, DeviceId, Ref } from "./ref.ts";
import { Watch } from "./watch.ts";
import { notSent, type Wire } from "./wire.ts";

/** Asks of one device that may wait here, and actors of this device that one device may watch. */
const MAX_ASKS_PER_DEVICE = 10_000;
const MAX_WATCHES_PER_DEVICE = 10_000;

type Told = Extract<Envelope, { type: "tell" }>;
type Asked = Extract<Envelope, { type: "ask" }>;
type Watched = Extract<Envelope, { type: "watch" }>;

/** What another device waits for here. */
interface Guest {
  readonly asks: Map<string, ForeignAsk>;
  readonly watches: Map<number, Watch>;
}

/** What other devices want of the actors here: tells, asks until they are answered, and watches. */
export class Inbound {
  readonly #home: Home;
  readonly #wire: Wire;
  readonly #guests = new Map<DeviceId, Guest>();

  constructor(home: Home, wire: Wire) {
    this.#home = home;
    this.#wire = wire;
  }

  told(device: DeviceId, { path, incarnation, message }: Told): void {
    const { inspector } = this.#home;
    const cell = find(this.#home, path, incarnation);
    if (cell === undefined) return inspector.drop(path, "dead", `${device} told an actor that is not here`);
    const accepted = accept(cell.behaviour, path, device, message);
    if (accepted.type === "refused") return inspector.drop(path, "refused", accepted.reason);
    deliver(this.#home, cell, path, accepted.message);
  }

  asked(device: DeviceId, channel: Channel, { path, incarnation, message, id, remainingMs }: Asked): void {
    const { asks } = this.#guest(device);
    const now = this.#home.clock.now();
    const refuse = (why: DropReason, outcome: AskFailure, reason: string) => {
      this.#home.inspector.drop(path, why, reason);
      this.#refuse(device, channel, id, outcome, reason);
    };
    if (asks.has(id)) return this.#home.inspector.drop(path, "refused", `${device} asks twice under one id`);
    if (asks.size >= MAX_ASKS_PER_DEVICE) forgetExpired(asks, now);
    if (asks.size >= MAX_ASKS_PER_DEVICE) {
      return refuse("overloaded", "overloaded", `${asks.size} asks of ${device} wait for their answers`);
    }
    const cell = find(this.#home, path, incarnation);
    if (cell === undefined) return refuse("dead", "stopped", `${path}: no such actor lives on ${this.#home.device}`);
    const accepted = accept(cell.behaviour, path, device, message);
    if (accepted.type === "refused") return refuse("refused", accepted.outcome, accepted.reason);
    const ask = new ForeignAsk(id, accepted.message, now + remainingMs, (failure) => {
      asks.delete(id);
      if (failure !== undefined) this.#refuse(device, channel, id, failure.type, failure.reason);
    });
    asks.set(id, ask);
    deliver(this.#home, cell, path, ask);
  }

  /** Answers an ask that another device made, of an actor here or elsewhere. */
  reply({ device, channel, incarnation: id }: Ref<never>, value: unknown): void {
    // If the value cannot travel this throws: the request stays open and fails with the actor that answered so.
    const sent = this.#wire.send(device, channel, { type: "reply", id, value });
    this.#guests.get(device)?.asks.get(id)?.close();
    if (sent === "sent") return;
    this.#home.inspector.drop("?", sent, `an answer for device ${device}`);
    if (sent !== "unreachable") this.#refuse(device, channel, id, sent, `the answer: ${notSent(sent, device)}`);
  }

  watched(device: DeviceId, { id, path, incarnation, back }: Watched): void {
    const { watches } = this.#guest(device);
    if (watches.has(id)) return;
    const ref: Ref<never> = { device: this.#home.device, path, incarnation, channel: "control" };
    const watch = new Watch(ref, ({ reason, detail }) => {
      this.#wire.sendSurely(device, back, { type: "terminated", id, reason, detail });
    });
    if (watches.size >= MAX_WATCHES_PER_DEVICE) {
      return watch.fire("unreachable", `${device} watches ${watches.size} actors here already`);
    }
    const cell = find(this.#home, path, incarnation);
    if (cell === undefined) return watch.fire("unknown", `${path}: no such actor lives on ${this.#home.device}`);
    watches.set(id, watch);
    cell.watchers.add(watch);
    watch.detach = () => {
      cell.watchers.delete(watch);
      watches.delete(id);
    };
  }

  unwatched(device: DeviceId, id: number): void {
    this.#guests.get(device)?.watches.get(id)?.end();
  }

  /** Forgets what a device wanted: its connection is gone. */
  forget(device: DeviceId): void {
    const guest = this.#guests.get(device);
    if (guest === undefined) return;
    this.#guests.delete(device);
    for (const ask of [...guest.asks.values()]) ask.close();
    for (const watch of [...guest.watches.values()]) watch.end();
  }

  close(): void {
    for (const device of [...this.#guests.keys()]) this.forget(device);
  }

  #guest(device: DeviceId): Guest {
    let guest = this.#guests.get(device);
    if (guest === undefined) this.#guests.set(device, guest = { asks: new Map(), watches: new Map() });
    return guest;
  }

  #refuse(device: DeviceId, channel: Channel, id: string, outcome: AskFailure, reason: string): void {
    this.#wire.sendSurely(device, channel, { type: "refuse", id, outcome, reason });
  }
}

function forgetExpired(asks: ReadonlyMap<string, ForeignAsk>, now: number): void {
  for (const ask of [...asks.values()]) if (!ask.isOpen(now)) ask.close();
}
