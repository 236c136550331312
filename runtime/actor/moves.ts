/** Actors that were of this device and live under other refs now. */
import type { Doorkeeper } from "./accept.ts";
import type { Cell } from "./cell.ts";
import { ANY, type Channel, type DeviceId, type Ref, refKey } from "./ref.ts";
import type { Request } from "./request.ts";
import { Watch } from "./watch.ts";

/** Old refs that are kept; the one that has been kept longest gives way, and its actor counts as ended for those who use it. */
const MAX_MOVED = 10_000;

/** What stays behind of an actor that moved: where it went, and who waits for word of it. */
export class Moved {
  readonly from: Ref<never>;
  readonly to: Ref<never>;
  /** What the actor let in from other devices: nothing else is forwarded in this device's name. */
  readonly door: Doorkeeper;
  readonly watchers: Set<Watch>;
  readonly #unanswered: Set<Request>;
  readonly #watch: (watch: Watch, back: Channel) => void;
  readonly #ended: () => void;
  #following: Watch | undefined;

  constructor(
    { ref, behaviour, watchers, unanswered }: Cell,
    to: Ref<never>,
    watch: (watch: Watch, back: Channel) => void,
    ended: () => void,
  ) {
    this.from = ref;
    this.to = to;
    this.door = behaviour;
    this.watchers = watchers;
    this.#unanswered = unanswered;
    this.#watch = watch;
    this.#ended = ended;
  }

  /** Watches the new ref, for all who watch the old one or wait for an answer. May end them before it returns. */
  follow(): void {
    if (this.#following !== undefined) return;
    this.#following = new Watch(this.to, ({ reason, detail }) => {
      this.#following = undefined;
      // The actor may live on behind a broken connection; otherwise there is nothing left to lead to.
      if (reason !== "unreachable") this.#ended();
      const outcome = reason === "unknown" ? "stopped" : reason;
      for (const request of [...this.#unanswered]) request.fail(outcome, `${this.from.path}: ${detail}`);
      for (const watch of [...this.watchers]) watch.fire(reason, detail);
    });
    this.#watch(this.#following, this.to.channel);
  }

  /** Ends everybody's waiting: the old ref leads nowhere any more. */
  forget(): void {
    this.#following?.fire("unknown", `${this.from.path} moved, and so many did since that this is forgotten`);
  }
}

export class Moves {
  readonly #device: DeviceId;
  readonly #watch: (watch: Watch, back: Channel) => void;
  /** By old incarnation. */
  readonly #moved = new Map<string, Moved>();

  /** `watch` starts watching a ref of any device. */
  constructor(device: DeviceId, watch: (watch: Watch, back: Channel) => void) {
    this.#device = device;
    this.#watch = watch;
  }

  /** What stayed behind of the actor that a ref of this device stood for. */
  get(path: string, incarnation: string): Moved | undefined {
    if (this.#moved.size === 0) return undefined;
    const moved = this.#moved.get(incarnation);
    return moved?.from.path === path ? moved : undefined;
  }

  /** Redirects an actor's ref. Throws if `to` is no ref of one certain actor, or leads back to it. */
  add(cell: Cell, to: Ref<never>): Moved {
    if (to.incarnation === ANY) throw new RangeError(`${cell.path} cannot move to whatever lives at ${to.path}`);
    for (let at: Ref<never> | undefined = to; at !== undefined;) {
      if (refKey(at) === refKey(cell.ref)) throw new RangeError(`${cell.path} cannot move to where it came from`);
      at = at.device === this.#device ? this.get(at.path, at.incarnation)?.to : undefined;
    }
    const { incarnation } = cell.ref;
    const moved = new Moved(cell, to, this.#watch, () => void this.#moved.delete(incarnation));
    this.#moved.set(incarnation, moved);
    for (const oldest of this.#moved.values()) {
      if (this.#moved.size <= MAX_MOVED) break;
      this.#moved.delete(oldest.from.incarnation);
      oldest.forget();
    }
    return moved;
  }
}
