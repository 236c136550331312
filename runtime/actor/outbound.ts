import type { Terminated } from "./behaviour.ts";
import type { Home } from "./home.ts";
import type { Channel, DeviceId, Message, Ref } from "./ref.ts";
import { FENCE, type Request } from "./request.ts";
import type { Watch } from "./watch.ts";
import { notSent, type Wire } from "./wire.ts";

/** What the actors of this device want of others: tells, asks, and the watches that wait for word from there. */
export class Outbound {
  readonly #home: Home;
  readonly #wire: Wire;
  /** By the id that the other device knows. */
  readonly #watches = new Map<number, { readonly device: DeviceId; readonly watch: Watch }>();
  readonly #deviceWatches = new Map<DeviceId, Set<(detail: string) => void>>();
  #lastWatch = 0;

  constructor(home: Home, wire: Wire) {
    this.#home = home;
    this.#wire = wire;
  }

  tell({ device, channel, path, incarnation }: Ref<never>, message: Message): void {
    const sent = this.#wire.send(device, channel, { type: "tell", path, incarnation, message });
    if (sent !== "sent") this.#home.inspector.drop(path, sent, `${message.type} for device ${device}`);
  }

  ask({ device, channel, path, incarnation }: Ref<never>, request: Request): void {
    const { id, deadline } = request;
    const message = request.message === FENCE ? null : request.message;
    request.sentTo = device;
    const remainingMs = Math.max(0, deadline - this.#home.clock.now());
    const sent = this.#wire.send(device, channel, { type: "ask", path, incarnation, message, id, remainingMs });
    if (sent === "sent") return;
    this.#home.inspector.drop(path, sent, `${request.message.type} for device ${device}`);
    request.fail(sent, `${request.message.type}: ${notSent(sent, device)}`);
  }

  watch({ device, channel, path, incarnation }: Ref<never>, watch: Watch, back: Channel): void {
    const id = ++this.#lastWatch;
    this.#watches.set(id, { device, watch });
    watch.detach = () => void this.#watches.delete(id);
    if (this.#wire.sendSurely(device, channel, { type: "watch", id, path, incarnation, back }) !== "sent") {
      return watch.fire("unreachable", `no connection to ${device}`);
    }
    watch.detach = () => {
      if (this.#watches.delete(id)) this.#wire.sendSurely(device, channel, { type: "unwatch", id });
    };
  }

  /** Takes word from a device that a watched actor is no more; only the one that hosts the actor may say so. */
  terminated(device: DeviceId, id: number, reason: Terminated["reason"], detail: string): void {
    const waiting = this.#watches.get(id);
    if (waiting?.device !== device) return;
    this.#watches.delete(id);
    waiting.watch.fire(reason, detail);
  }

  watchDevice(device: DeviceId, lost: (detail: string) => void): () => void {
    if (!this.#wire.isConnected(device)) {
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

  /** Ends what waits for a device that was lost. */
  lost(device: DeviceId, detail: string): void {
    this.#home.asks.lost(device, detail);
    for (const [id, waiting] of [...this.#watches]) {
      if (waiting.device !== device) continue;
      this.#watches.delete(id);
      waiting.watch.fire("unreachable", detail);
    }
    const watchers = this.#deviceWatches.get(device) ?? [];
    this.#deviceWatches.delete(device);
    for (const tellLost of watchers) tellLost(detail);
  }

  close(): void {
    for (const { watch } of [...this.#watches.values()]) watch.end();
  }
}
