import { accept, type Accepted } from "./accept.ts";
import type { AskFailure, AskOutcome } from "./behaviour.ts";
import type { Envelope } from "./envelope.ts";
import { ForeignAsk } from "./foreign-ask.ts";
import { deliver, type Destination, find, type Home } from "./home.ts";
import type { DropReason } from "./inspect.ts";
import { Moved } from "./moves.ts";
import { ARRIVALS_PATH, type Channel, type DeviceId, type Ref } from "./ref.ts";
import { FENCE } from "./request.ts";
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
  /** The old incarnations of actors that it knows to have moved. */
  readonly moves: Set<string>;
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
    const place = this.#find(device, path, incarnation);
    if (place === undefined) return inspector.drop(path, "dead", `${device} told an actor that is not here`);
    const accepted = accept(place.door, path, device, message);
    if (accepted.type === "refused") return inspector.drop(path, "refused", accepted.reason);
    place.deliver(accepted.message);
  }

  asked(device: DeviceId, channel: Channel, { path, incarnation, message, id, remainingMs }: Asked): void {
    const { asks } = this.#guest(device);
    const now = this.#home.clock.now();
    const refuse = (why: DropReason, outcome: AskFailure, reason: string) => {
      this.#home.inspector.drop(path, why, reason);
      this.#refuse(device, channel, id, outcome, reason);
    };
    const before = asks.get(id);
    // It was handed on, and its actor has come back here by whatever way: that is the same ask.
    if (before?.sentTo !== undefined) before.close();
    else if (before !== undefined) {
      return this.#home.inspector.drop(path, "refused", `${device} asks twice under one id`);
    }
    if (asks.size >= MAX_ASKS_PER_DEVICE) forgetExpired(asks, now);
    if (asks.size >= MAX_ASKS_PER_DEVICE) {
      return refuse("overloaded", "overloaded", `${asks.size} asks of ${device} wait for their answers`);
    }
    const place = this.#find(device, path, incarnation);
    if (place === undefined) return refuse("dead", "stopped", `${path}: no such actor lives on ${this.#home.device}`);
    const accepted: Accepted = message === null
      ? { type: "accepted", message: FENCE }
      : accept(place.door, path, device, message);
    if (accepted.type === "refused") return refuse("refused", accepted.outcome, accepted.reason);
    const ask = new ForeignAsk(id, accepted.message, now + remainingMs, (outcome) => {
      asks.delete(id);
      if (outcome !== undefined) this.#settle(device, channel, id, outcome);
    });
    asks.set(id, ask);
    place.deliver(ask);
  }

  /** Takes the end of an ask that was handed on to `device`, with the actor that it was for. */
  settled(device: DeviceId, id: string, outcome: AskOutcome<unknown>): void {
    // A way that led through this device more than once has left an ask for each time: the one that went there is meant.
    for (const ask of this.#asked(id)) if (ask.sentTo === device) ask.close(outcome);
  }

  /** Answers an ask that another device made, of an actor here or elsewhere. */
  reply({ device, channel, incarnation: id }: Ref<never>, value: unknown): void {
    // If the value cannot travel this throws: the request stays open and fails with the actor that answered so.
    const sent = this.#wire.send(device, channel, { type: "reply", id, value });
    for (const ask of this.#asked(id)) ask.close();
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
    const kept = find(this.#home, path, incarnation) ?? this.#home.moves.get(path, incarnation);
    if (kept === undefined) return watch.fire("unknown", `${path}: no such actor lives on ${this.#home.device}`);
    watches.set(id, watch);
    kept.watchers.add(watch);
    watch.detach = () => {
      kept.watchers.delete(watch);
      watches.delete(id);
    };
    if (kept instanceof Moved) kept.follow();
  }

  unwatched(device: DeviceId, id: number): void {
    this.#guests.get(device)?.watches.get(id)?.end();
  }

  /** Ends the asks that were handed on to a device that was lost. */
  lost(device: DeviceId, detail: string): void {
    for (const { asks } of this.#guests.values()) {
      for (const ask of [...asks.values()]) if (ask.sentTo === device) ask.fail("unreachable", detail);
    }
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
    if (guest === undefined) {
      this.#guests.set(device, guest = { asks: new Map(), watches: new Map(), moves: new Set() });
    }
    return guest;
  }

  /** Where to take a message for an actor of this device: it lives, or it has moved and the sender is told so, once. */
  #find(device: DeviceId, path: string, incarnation: string): Destination | undefined {
    const cell = find(this.#home, path, incarnation);
    if (cell !== undefined) {
      return { door: cell.behaviour, deliver: (entry) => deliver(this.#home, cell, path, entry) };
    }
    if (path === ARRIVALS_PATH) return this.#home.arrivalsOf(device);
    const moved = this.#home.moves.get(path, incarnation);
    if (moved === undefined) return undefined;
    const { from: { channel }, to, door } = moved;
    const { moves } = this.#guest(device);
    if (!moves.has(incarnation)) {
      moves.add(incarnation);
      this.#wire.sendSurely(device, channel, { type: "moved", path, incarnation, channel, to });
    }
    return { door, deliver: (entry) => this.#home.send(to, entry) };
  }

  /** What came here under an id: the same ask once from each device that it came from. */
  #asked(id: string): ForeignAsk[] {
    return [...this.#guests.values()].flatMap(({ asks }) => asks.get(id) ?? []);
  }

  #settle(device: DeviceId, channel: Channel, id: string, outcome: AskOutcome<unknown>): void {
    if (outcome.type === "reply") this.#wire.sendSurely(device, channel, { type: "reply", id, value: outcome.value });
    else this.#refuse(device, channel, id, outcome.type, outcome.reason);
  }

  #refuse(device: DeviceId, channel: Channel, id: string, outcome: AskFailure, reason: string): void {
    this.#wire.sendSurely(device, channel, { type: "refuse", id, outcome, reason });
  }
}

function forgetExpired(asks: ReadonlyMap<string, ForeignAsk>, now: number): void {
  for (const ask of [...asks.values()]) if (!ask.isOpen(now)) ask.close();
}
