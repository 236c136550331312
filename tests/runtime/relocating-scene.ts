/**
 * Devices between which a ledger is relocated while it is told things, links are cut and devices die. Many scenes run side by
 * side on one clock, so that ten thousand of them take seconds.
 */
import { createLoopback, type Loopback } from "../../runtime/actor/loopback.ts";
import {
  type ActorSystem,
  arrival,
  type Behaviour,
  type Context,
  createActorSystem,
  next,
  type Offer,
  type Ref,
  type Relocated,
} from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type Entry, type Ledger, ledger } from "./actor-ledger.ts";
import { type Device, DEVICES } from "./moving-mesh.ts";

/** What happens to a scene next. */
export type Step =
  | { readonly type: "tell"; readonly by: Device }
  | { readonly type: "move"; readonly to: Device }
  | { readonly type: "cut" | "mend"; readonly link: readonly [Device, Device] }
  | { readonly type: "kill"; readonly device: Device }
  | { readonly type: "wait"; readonly ms: number };

/** A scene as it is drawn. */
export interface Script {
  readonly start: Device;
  /** Milliseconds between a and b, b and c, c and a. */
  readonly latencies: readonly [number, number, number];
  readonly steps: readonly Step[];
}

/** What a parent of ledgers understands. */
type Host =
  | { readonly type: "do"; readonly action: (context: Context<Host>) => void }
  | { readonly type: "offered"; readonly offer: Offer<Host> }
  | { readonly type: "arrived"; readonly child: Ref<never> };

/** How long a state may be on its way, and how long a source asks what became of it, ms: shorter than a scene is watched. */
const MOVING = { kind: "ledger", timeoutMs: 400, doubtMs: 3000 };
/** The longest that a message may take where nothing fails. */
export const CALM_MS = 1500;
/** The longest that anything in a scene may take after its last step: moves that were begun, a doubt, fences. */
export const REST_MS = 12_000;

/** One scene under way. */
export class Scene {
  readonly told: Record<Device, number> = { a: 0, b: 0, c: 0 };
  /** What became of each relocation. */
  readonly outcomes: (Relocated["type"] | "rejected")[] = [];
  /** Where ledgers handle messages now, and the most that ever did so at once. */
  readonly living: Device[] = [];
  most = 0;
  /** Whether a connection was lost or a device died: then messages may be missing. */
  disturbed = false;
  killed = false;
  /** Whether a device has died that had the ledger, or its state. */
  bereaved = false;
  readonly #network: Loopback;
  readonly #systems = new Map<Device, ActorSystem>();
  readonly #hosts = new Map<Device, Ref<Host>>();
  /** What the ledger on each device wrote down. */
  readonly #notes = new Map<Device, readonly string[]>();
  /** Relocations that each device has under way. */
  readonly #leaving: Record<Device, number> = { a: 0, b: 0, c: 0 };
  #first: Ref<Entry> | undefined;
  #current: Ref<Entry> | undefined;
  #opened = 0;

  constructor({ start, latencies: [ab, bc, ca] }: Script, clock: Clock) {
    this.#network = createLoopback({ clock, link: {} });
    for (const device of DEVICES) {
      const system = createActorSystem({ device, clock, transport: this.#network.join(device), graceMs: 10 });
      this.#systems.set(device, system);
      this.#hosts.set(device, system.spawn(this.#host(device, device === start), { name: "host" }));
    }
    for (const [a, b, latencyMs] of [["a", "b", ab], ["b", "c", bc], ["c", "a", ca]] as const) {
      this.#network.shape(a, b, { latencyMs });
    }
  }

  /** What the ledger has written down; empty where it lives nowhere. */
  get notes(): readonly string[] {
    return this.living.flatMap((device) => this.#notes.get(device) ?? []);
  }

  /** Does a step, but for waiting. */
  async take(step: Exclude<Step, { type: "wait" }>): Promise<void> {
    switch (step.type) {
      case "tell":
        return this.#tell(step.by);
      case "move":
        this.#move(step.to);
        // Just as it goes.
        for (const by of DEVICES) this.#tell(by);
        return;
      case "cut":
        this.disturbed = true;
        return this.#network.disconnect(...step.link);
      case "mend":
        if (step.link.every((device) => this.#systems.has(device))) this.#network.connect(...step.link);
        return;
      case "kill":
        return await this.#kill(step.device);
      default:
        step satisfies never;
    }
  }

  /** Connects all that live. */
  mend(): void {
    for (const a of this.#systems.keys()) for (const b of this.#systems.keys()) this.#network.connect(a, b);
  }

  async stop(): Promise<void> {
    for (const system of this.#systems.values()) await system.stop();
  }

  #tell(by: Device): void {
    const system = this.#systems.get(by);
    if (this.#first !== undefined) system?.tell(this.#first, { type: "note", by, n: this.told[by]++ });
  }

  #move(to: Device): void {
    const child = this.#current;
    const from = child?.device as Device;
    const host = this.#hosts.get(from);
    if (child === undefined || host === undefined || from === to) return;
    this.#leaving[from]++;
    const action = (context: Context<Host>) => {
      context.relocate(child, to, MOVING).then((outcome) => {
        this.outcomes.push(outcome.type);
        if (outcome.type !== "stayed") this.#current = outcome.ref;
      }, () => this.outcomes.push("rejected")).finally(() => this.#leaving[from]--);
    };
    this.#systems.get(from)?.tell(host, { type: "do", action });
  }

  /** A device's process ends: connections break, nothing is said. */
  async #kill(device: Device): Promise<void> {
    const system = this.#systems.get(device);
    if (system === undefined) return;
    this.disturbed = this.killed = true;
    // Where its relocation has just failed it is there again, but may not have begun yet.
    const returning = this.living.length === 0 && this.#current?.device === device;
    this.bereaved ||= this.living.includes(device) || this.#leaving[device] > 0 || returning;
    this.#systems.delete(device);
    for (const other of DEVICES) this.#network.disconnect(device, other);
    await system.stop();
  }

  #host(device: Device, opens: boolean): Behaviour<null, Host> {
    const options = () => ({ name: `ledger${this.#opened++}` });
    return {
      start: (context) => {
        context.receive("ledger", (offer) => ({ type: "offered", offer }));
        if (opens) this.#first = this.#current = context.spawn(this.#ledger(device), options());
        return null;
      },
      receive: (_, message, context) => {
        if (message.type === "do") message.action(context);
        if (message.type === "offered") {
          const arrive = () => arrival(this.#ledger(device), options());
          message.offer.admit(arrive, (child) => ({ type: "arrived", child }));
        }
        return next(null);
      },
    };
  }

  /** A ledger that is counted while it lives. */
  #ledger(device: Device): Behaviour<Ledger, Entry> {
    return {
      ...ledger,
      start: async (context, brought) => {
        this.living.push(device);
        this.most = Math.max(this.most, this.living.length);
        const state = await ledger.start(context, brought);
        this.#notes.set(device, state.notes);
        return state;
      },
      receive: async (state, entry, context) => {
        const after = await ledger.receive(state, entry, context);
        if (after.type === "next") this.#notes.set(device, after.state.notes);
        return after;
      },
      stopped: () => void this.living.splice(this.living.indexOf(device), 1),
    };
  }
}
