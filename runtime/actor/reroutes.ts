/** Actors of other devices that have moved, as their old devices said: this device sends to the new refs directly. */
import { accept } from "./accept.ts";
import { deliver, find, type Home } from "./home.ts";
import { ANY, type Message, type Ref, refKey } from "./ref.ts";
import { FENCE, Request } from "./request.ts";

/** Moves that are remembered; further ones cost a detour by the old device, nothing else. */
const MAX_ROUTES = 10_000;
/** Messages to one actor that may wait until the old way is empty. */
const MAX_WAITING = 1024;
/** How long the old way may take to become empty before it is simply kept. */
const FENCE_MS = 5000;

interface Route {
  readonly to: Ref<never>;
  /** What was sent since word of the move came: it must not overtake what is still on the old way. Undefined: go. */
  waiting: (Message | Request)[] | undefined;
}

/** Where to send what an old ref is given. */
export interface Ways {
  /** To the device of the ref, whatever was learned. */
  far(ref: Ref<never>, entry: Message | Request): void;
  /** To wherever the ref leads. */
  any(ref: Ref<never>, entry: Message | Request): void;
}

export class Reroutes {
  readonly #home: Home;
  readonly #ways: Ways;
  readonly #routes = new Map<string, Route>();

  constructor(home: Home, ways: Ways) {
    this.#home = home;
    this.#ways = ways;
  }

  /** Takes word from the device of `from`, over a connection that proves it, that the actor lives at `to`. */
  learned(from: Ref<never>, to: Ref<never>): void {
    const key = refKey(from);
    if (this.#routes.has(key) || this.#routes.size >= MAX_ROUTES || to.incarnation === ANY) return;
    for (let at: Ref<never> | undefined = to; at !== undefined; at = this.#routes.get(refKey(at))?.to) {
      if (refKey(at) === key) return;
    }
    if (to.device === this.#home.device && find(this.#home, to.path, to.incarnation) === undefined) return;
    const route: Route = { to, waiting: [] };
    this.#routes.set(key, route);
    void this.#fence(key, from, route);
  }

  /** The ref to use in place of one of another device's. */
  resolve(ref: Ref<never>): Ref<never> {
    const route = this.#routes.size === 0 ? undefined : this.#routes.get(refKey(ref));
    return route === undefined || route.waiting !== undefined ? ref : this.resolve(route.to);
  }

  /** Takes a message for a ref of another device if its actor has moved. */
  take(ref: Ref<never>, entry: Message | Request): boolean {
    const route = this.#routes.size === 0 ? undefined : this.#routes.get(refKey(ref));
    if (route === undefined) return false;
    if (route.waiting === undefined) this.#forward(ref, route.to, entry);
    else if (route.waiting.length < MAX_WAITING) route.waiting.push(entry);
    else {
      this.#home.inspector.drop(ref.path, "overloaded", `${MAX_WAITING} messages wait for its move to end`);
      if (entry instanceof Request) entry.fail("overloaded", `${ref.path}: ${MAX_WAITING} wait for its move to end`);
    }
    return true;
  }

  close(): void {
    this.#routes.clear();
  }

  /** Waits until the old way is empty, then lets go what waited. If that fails the old way is kept: it is in order too. */
  async #fence(key: string, from: Ref<never>, route: Route): Promise<void> {
    const outcome = await this.#home.asks.ask<Message, null>(
      from as Ref<Message>,
      () => FENCE,
      { timeoutMs: FENCE_MS },
      (_, pending) => this.#ways.far(from, pending),
    );
    const { waiting = [] } = route;
    if (this.#routes.get(key) !== route) return;
    route.waiting = undefined;
    if (outcome.type !== "reply") this.#routes.delete(key);
    const now = this.#home.clock.now();
    for (const entry of waiting) {
      if (!(entry instanceof Request) || entry.isOpen(now)) this.#ways.any(from, entry);
    }
  }

  #forward(from: Ref<never>, to: Ref<never>, entry: Message | Request): void {
    if (to.device !== this.#home.device) return this.#ways.any(to, entry);
    // The other device chose this actor, so it is asked whether it takes such a message from there.
    const cell = find(this.#home, to.path, to.incarnation);
    if (cell === undefined) return this.#ways.any(to, entry);
    const accepted = accept(cell.behaviour, to.path, from.device, entry instanceof Request ? entry.message : entry);
    if (accepted.type === "refused") {
      this.#home.inspector.drop(to.path, "refused", accepted.reason);
      if (entry instanceof Request) entry.fail(accepted.outcome, accepted.reason);
    } else if (entry instanceof Request) {
      entry.message = accepted.message;
      deliver(this.#home, cell, to.path, entry);
    } else deliver(this.#home, cell, to.path, accepted.message);
  }
}
