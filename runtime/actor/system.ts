import { type Clock, systemClock } from "../clock.ts";
import { Arrivals } from "./arrivals.ts";
import { Asks } from "./asks.ts";
import type { Behaviour, Sender, SpawnOptions, Terminated } from "./behaviour.ts";
import type { Cell } from "./cell.ts";
import { createContext } from "./context.ts";
import { type Core, send, sendFar, tell, watch } from "./core.ts";
import { find, type Home } from "./home.ts";
import { type ActorSnapshot, type Inspect, Inspector } from "./inspect.ts";
import { stopCell } from "./life.ts";
import { Moves } from "./moves.ts";
import { openStage } from "./nact.ts";
import { ANY, type Channel, type DeviceId, type Message, type Ref } from "./ref.ts";
import { noTransport, Remote } from "./remote.ts";
import { Reroutes } from "./reroutes.ts";
import { unguessable } from "./request.ts";
import { spawnCell } from "./spawn.ts";
import type { Transport } from "../transport.ts";
import { Watch } from "./watch.ts";

export interface ActorSystemOptions {
  /** This device; the same as the transport's `self`. */
  readonly device: DeviceId;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** The way to other devices. Default: none, they are unreachable. */
  readonly transport?: Transport;
  /** How long the code of an actor that stops may go on before it is left behind, ms. Default 5000. */
  readonly graceMs?: number;
  /** Called for each crash of an actor, whether anybody inspects or not: nothing may crash unseen. Default: nothing. */
  readonly onCrash?: (path: string, error: string) => void;
}

/** The actors of one device. */
export interface ActorSystem extends Sender, AsyncDisposable {
  readonly device: DeviceId;
  readonly inspect: Inspect;
  /** Starts an actor at the root; it can be told things at once. Throws if the name is taken or the system stopped. */
  spawn<S, M extends Message>(behaviour: Behaviour<S, M>, options: SpawnOptions): Ref<M>;
  /** A ref to whatever lives at a path of a device: how to reach a well-known actor. `channel` must be the actor's own. */
  at<M extends Message>(device: DeviceId, path: string, channel?: Channel): Ref<M>;
  /** Calls `listener` once when `ref` is no more, later than this returns. Returns the end of watching. */
  watch(ref: Ref<never>, listener: (terminated: Terminated) => void): () => void;
  /** Stops an actor of this device; resolves when it has ended, at once if it had. Throws for another device's. */
  stop(ref: Ref<never>): Promise<void>;
  /** Stops all actors, last spawned first, and lets go of the transport without closing it. */
  stop(): Promise<void>;
}

/** Makes an empty actor system. Throws if the transport is another device's. */
export function createActorSystem(options: ActorSystemOptions): ActorSystem {
  const { device, transport } = options;
  if (transport !== undefined && transport.self !== device) {
    throw new Error(`createActorSystem: the device is ${device}, its transport is ${transport.self}'s`);
  }
  const core = createCore(options);
  const sender = dispatchWith(core);
  let stopping: Promise<void> | undefined;

  return {
    device,
    ...sender,
    inspect: createInspect(core),
    spawn: (behaviour, spawnOptions) => spawnCell(core, undefined, behaviour, spawnOptions).ref,
    at: (where, path, channel = "control") => ({ device: where, path, incarnation: ANY, channel }),
    watch(ref, listener) {
      let own = true;
      const wish = new Watch(ref, (terminated) => queueMicrotask(() => own && listener(terminated)));
      watch(core, wish, "control");
      return () => {
        own = false;
        wish.end();
      };
    },
    stop: (ref?: Ref<never>) => ref === undefined ? (stopping ??= stopAll(core)) : stopOne(core, ref),
    [Symbol.asyncDispose]: () => stopping ??= stopAll(core),
  };
}

function dispatchWith(core: Core): Sender {
  return {
    tell: (ref, message) => tell(core, ref, message),
    ask(ref, make, options) {
      if (core.stopped) return Promise.resolve({ type: "stopped", reason: "the actor system was stopped" });
      return core.asks.ask(ref, make, options, (to, pending) => send(core, to, pending));
    },
  };
}

function createCore(options: ActorSystemOptions): Core {
  const { device, clock = systemClock, transport = noTransport(device), graceMs = 5000, onCrash = () => {} } = options;
  // The random half tells this process from its predecessors, the number the actors of this process from each other.
  const epoch = unguessable().slice(0, 14);
  let spawned = 0;
  const home: Home = {
    device,
    clock,
    inspector: new Inspector(() => clock.now(), onCrash),
    asks: new Asks(device, clock),
    cells: new Map(),
    moves: new Moves(device, (wish, back) => watch(core, wish, back)),
    arrivalsOf: (from) => arrivals.of(from),
    send: (ref, entry) => send(core, ref, entry),
  };
  const reroutes = new Reroutes(home, {
    far: (ref, entry) => sendFar(core, ref, entry),
    any: (ref, entry) => send(core, ref, entry),
  });
  const core: Core = {
    ...home,
    far: new Remote(home, transport, (from, to) => reroutes.learned(from, to)),
    reroutes,
    receptions: new Map(),
    stage: openStage(),
    graceMs,
    incarnation: () => `${epoch}.${++spawned}`,
    contextOf: (cell, life) => createContext(core, cell, life),
    closeArrivals: () => arrivals.close(),
    stopped: false,
  };
  const arrivals = new Arrivals(core);
  return core;
}

async function stopOne(core: Core, ref: Ref<never>): Promise<void> {
  if (ref.device !== core.device) {
    throw new Error(`stop ${ref.path}: it lives on ${ref.device}, and only that can stop it`);
  }
  const cell = find(core, ref.path, ref.incarnation);
  if (cell !== undefined) await stopCell(core, cell, { type: "stopped", detail: "it was told to" });
}

async function stopAll(core: Core): Promise<void> {
  core.stopped = true;
  for (const cell of roots(core).reverse()) {
    await stopCell(core, cell, { type: "stopped", detail: "the actor system was stopped" });
  }
  core.closeArrivals();
  core.asks.close();
  core.reroutes.close();
  core.far.close();
  core.stage.remove();
}

function roots(core: Core): Cell[] {
  return [...core.cells.values()].filter((cell) => cell.parent === undefined);
}

function createInspect(core: Core): Inspect {
  return {
    subscribe: (listener) => core.inspector.subscribe(listener),
    snapshot: () => roots(core).flatMap((cell) => rows(cell, core.clock.now())),
    counters: () => ({ dropped: { ...core.inspector.dropped }, ...core.far.traffic() }),
  };
}

function rows(cell: Cell, now: number): ActorSnapshot[] {
  const { path, phase, handled, lastMs, totalMs, restarts, overloaded } = cell;
  const row: ActorSnapshot = {
    path,
    incarnation: cell.ref.incarnation,
    state: phase,
    mailbox: cell.queued,
    mailboxBound: cell.bound,
    handled,
    lastMs,
    meanMs: handled === 0 ? 0 : totalMs / handled,
    totalMs,
    p99Ms: cell.times.quantile(0.99),
    upMs: phase === "starting" ? 0 : now - cell.startedAt,
    restarts,
    overloaded,
  };
  return [row, ...[...cell.children.values()].flatMap((child) => rows(child, now))];
}
