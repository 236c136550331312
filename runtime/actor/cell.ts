/** What the system keeps of an actor. Behaviour lives in `life.ts` and `turn.ts`; these are the facts. */
import type { Pending } from "./asks.ts";
import type { Behaviour, Context, RestartPolicy, SpawnOptions } from "./behaviour.ts";
import { Durations } from "./durations.ts";
import { Fifo } from "./fifo.ts";
import type { Place } from "./nact.ts";
import type { Channel, DeviceId, Message, Ref } from "./ref.ts";
import type { Request } from "./request.ts";
import type { Watch } from "./watch.ts";

/** A message that the system itself puts into a mailbox: a timer's or a watch's. It does not count as waiting. */
export class Notice {
  readonly make: () => Message;
  /** Set when the timer was cancelled or the watch ended before the message's turn. */
  cancelled = false;
  /** Called when its turn has come, or will never come. */
  taken: () => void = () => {};

  constructor(make: () => Message) {
    this.make = make;
  }
}

export type Entry = Message | Request | Notice;

/** Someone who waits for an actor's state. */
export interface Departure {
  readonly resolve: (state: unknown) => void;
  readonly reject: (error: unknown) => void;
  stage: "awaited" | "left" | "given up";
}

/** From a start to a stop or restart: what belongs to the state and must go with it. */
export class Life {
  state: unknown;
  /** Whether `start` has returned a state that `stopped` must be given. */
  hasState = false;
  over = false;
  readonly timers = new Set<() => void>();
  /** By `refKey`. */
  readonly watches = new Map<string, () => void>();
  readonly deviceWatches = new Map<DeviceId, () => void>();
  readonly asks = new Set<Pending>();
  /** Ends of what the actor receives, by kind. */
  readonly receptions = new Map<string, () => void>();
  #controller: AbortController | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.over) this.#controller.abort(new Error("the actor has ended"));
    }
    return this.#controller.signal;
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    for (const cancel of [...this.timers]) cancel();
    for (const unwatch of [...this.watches.values(), ...this.deviceWatches.values()]) unwatch();
    for (const close of [...this.receptions.values()]) close();
    for (const pending of [...this.asks]) pending.fail("aborted", "the asking actor was stopped or restarted");
    this.#controller?.abort(new Error("the actor was stopped or restarted"));
  }
}

export class Cell {
  readonly name: string;
  readonly parent: Cell | undefined;
  readonly path: string;
  readonly ref: Ref<Message>;
  readonly behaviour: Behaviour<unknown, Message>;
  readonly bound: number;
  readonly restart: Required<RestartPolicy>;
  readonly children = new Map<string, Cell>();
  /** Those who want to learn of the end. */
  readonly watchers = new Set<Watch>();
  /** Requests handled and not answered yet. */
  readonly unanswered = new Set<Request>();
  readonly mailbox = new Fifo<Entry>();
  /** Entries of the mailbox that count towards its bound. */
  queued = 0;

  /** "leaving": it waits between two lives, the first of which may have been on another device. */
  phase: "starting" | "running" | "restarting" | "leaving" | "stopping" | "stopped" = "starting";
  life = new Life();
  context: Context<Message> | undefined;
  place: Place | undefined;
  /** Whether a turn is under way or due. */
  awake = false;
  /** Whether the behaviour's code is on the stack or awaited; then `inFlight` ends when it has ended. */
  busy = false;
  inFlight: Promise<unknown> | undefined;
  /** Resolves when the actor has ended, once it was told to. */
  ending: Promise<void> | undefined;

  /** What `start` is given next. */
  brought: unknown;
  /** Someone waits for the state, see `depart`. */
  departure: Departure | undefined;

  handled = 0;
  lastMs = 0;
  totalMs = 0;
  readonly times = new Durations();
  /** When its latest life began, on the clock. */
  startedAt = 0;
  overloaded = 0;
  restarts = 0;
  /** Times of the latest restarts, as many as the policy looks at. */
  restartTimes: number[] = [];

  constructor(
    device: DeviceId,
    incarnation: string,
    parent: Cell | undefined,
    behaviour: Behaviour<unknown, Message>,
    options: SpawnOptions,
  ) {
    const channel: Channel = options.channel ?? "control";
    this.name = options.name;
    this.parent = parent;
    this.path = `${parent?.path ?? ""}/${options.name}`;
    this.ref = { device, path: this.path, incarnation, channel };
    this.behaviour = behaviour;
    this.brought = options.brought;
    this.bound = options.mailbox ?? 1024;
    this.restart = { restarts: 3, seconds: 5, policy: "temporary", ...options.restart };
  }
}
