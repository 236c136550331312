/** The asks that were made here and wait for their one outcome. */
import type { Clock } from "../clock.ts";
import { errorText } from "../error-text.ts";
import type { AskFailure, AskOptions, AskOutcome } from "./behaviour.ts";
import { type DeviceId, type Message, type Ref, type Reply, REPLY_PATH } from "./ref.ts";
import { Request, unguessable } from "./request.ts";

/** Asks that may wait at a time; more are refused as "overloaded". A device with so many has another problem. */
const MAX_PENDING = 100_000;
/** Timers of the platform count milliseconds in 31 bits. */
const LONGEST_MS = 2 ** 31 - 1;

/** Hands a request on to its actor: fails it, puts it into a mailbox, or sends it over the transport. */
export type Dispatch = (ref: Ref<never>, request: Pending) => void;

type Settle = (outcome: AskOutcome<unknown>) => void;

/** An ask made here. */
export class Pending extends Request {
  #settle: Settle | undefined;

  constructor(id: string, message: Message, deadline: number, settle: Settle) {
    super(id, message, deadline);
    this.#settle = settle;
  }

  isOpen(): boolean {
    return this.#settle !== undefined;
  }

  answer(value: unknown): void {
    this.settle({ type: "reply", value });
  }

  fail(type: AskFailure, reason: string): void {
    this.settle({ type, reason });
  }

  /** The first outcome counts, later ones do not. */
  settle(outcome: AskOutcome<unknown>): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    this.#settle = undefined;
    this.release();
    settle(outcome);
  }
}

export class Asks {
  readonly #pending = new Map<string, Pending>();
  readonly #device: DeviceId;
  readonly #clock: Clock;

  constructor(device: DeviceId, clock: Clock) {
    this.#device = device;
    this.#clock = clock;
  }

  /**
   * Asks; the way to the actor is `dispatch`'s. `askers` collects the asks of an asker's life, so that they end with it.
   * Rejects if an option makes no sense or if `make` or `dispatch` throws.
   */
  async ask<M extends Message, R>(
    ref: Ref<M>,
    make: (replyTo: Ref<Reply<R>>) => M,
    options: AskOptions<R>,
    dispatch: Dispatch,
    askers?: Set<Pending>,
  ): Promise<AskOutcome<R>> {
    const { timeoutMs, signal } = options;
    if (!(timeoutMs > 0 && timeoutMs <= LONGEST_MS)) {
      throw new RangeError(
        `ask ${ref.path}: timeoutMs is ${timeoutMs}, it must be more than 0 and at most ${LONGEST_MS}`,
      );
    }
    if (signal?.aborted) return { type: "aborted", reason: reasonOf(signal) };
    if (this.#pending.size >= MAX_PENDING) {
      return { type: "overloaded", reason: `${MAX_PENDING} asks wait for their answers already` };
    }
    const id = unguessable();
    const message = make({ device: this.#device, path: REPLY_PATH, incarnation: id, channel: ref.channel });
    const { promise, resolve } = Promise.withResolvers<AskOutcome<unknown>>();
    const pending = new Pending(id, message, this.#clock.now() + timeoutMs, resolve);
    const cancel = this.#clock.after(
      timeoutMs,
      () => pending.fail("timeout", `${ref.path}: no answer in ${timeoutMs} ms`),
    );
    const abort = () => pending.fail("aborted", reasonOf(signal));
    signal?.addEventListener("abort", abort);
    this.#pending.set(id, pending);
    askers?.add(pending);
    try {
      dispatch(ref, pending);
      return parsed(await promise, ref, options.parse);
    } finally {
      cancel();
      signal?.removeEventListener("abort", abort);
      askers?.delete(pending);
      this.#pending.delete(id);
      pending.release();
    }
  }

  /** Ends the ask of this id; unknown ids, false, are those that ended already, or guesses, or not asked here. */
  settle(id: string, outcome: AskOutcome<unknown>): boolean {
    const pending = this.#pending.get(id);
    pending?.settle(outcome);
    return pending !== undefined;
  }

  /** Ends the asks of a device that was lost. */
  lost(device: DeviceId, reason: string): void {
    for (const pending of this.#pending.values()) {
      if (pending.sentTo === device) pending.fail("unreachable", reason);
    }
  }

  /** Ends all asks. */
  close(): void {
    for (const pending of this.#pending.values()) pending.fail("stopped", "the actor system was stopped");
  }
}

function parsed<R>(outcome: AskOutcome<unknown>, ref: Ref<never>, parse?: (value: unknown) => R): AskOutcome<R> {
  if (outcome.type !== "reply") return outcome;
  if (parse === undefined) return outcome as AskOutcome<R>;
  try {
    return { type: "reply", value: parse(outcome.value) };
  } catch (error) {
    return { type: "crashed", reason: `${ref.path}: its answer makes no sense: ${errorText(error)}` };
  }
}

function reasonOf(signal: AbortSignal | undefined): string {
  return errorText(signal?.reason);
}
