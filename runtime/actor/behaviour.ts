/** What an actor is: a value that says how to start, how to handle a message, and what to do in the end. */
import type { Clock } from "../clock.ts";
import type { Channel, DeviceId, Message, Ref, Reply } from "./ref.ts";

/** What a handler wants next: go on with a state, or stop. Made by `next` and `stop`. */
export type Next<S> =
  | { readonly type: "next"; readonly state: S }
  | { readonly type: "stop"; readonly detail: string };

/** Go on with this state. */
export function next<S>(state: S): Next<S> {
  return { type: "next", state };
}

/** Stop normally; `detail` is for people. */
export function stop(detail = "it was done"): Next<never> {
  return { type: "stop", detail };
}

/** Why an actor ended, or why a life of it ended before a restart. */
export interface StopReason {
  readonly type: "stopped" | "crashed";
  readonly detail: string;
}

/** Says that a watched actor is no more. */
export interface Terminated {
  /** The ref that was given to `watch`. */
  readonly ref: Ref<never>;
  /**
   * "stopped" and "crashed" as it was; "unreachable" if its device was lost; "unknown" if no such actor lives there (it
   * ended before, or the ref is of an older incarnation).
   */
  readonly reason: "stopped" | "crashed" | "unreachable" | "unknown";
  readonly detail: string;
}

/** Says that the connection to a watched device was lost, or that there was none. */
export interface DeviceLost {
  readonly device: DeviceId;
  readonly detail: string;
}

/** How an ask ended. */
export type AskOutcome<R> =
  | { readonly type: "reply"; readonly value: R }
  | { readonly type: AskFailure; readonly reason: string };

/**
 * Why an ask has no answer. "timeout": the deadline passed. "stopped", "crashed": the actor did so, or lives no more.
 * "unreachable": there is no way to it. "overloaded": its mailbox or the way there is full. "too-large": the message or
 * the answer can never travel in one frame. "aborted": the asker's signal.
 */
export type AskFailure = "timeout" | "stopped" | "unreachable" | "crashed" | "overloaded" | "too-large" | "aborted";

export interface AskOptions<R> {
  /** Milliseconds until the ask ends as "timeout"; the deadline travels along. More than 0. */
  readonly timeoutMs: number;
  /** Ends the ask as "aborted". */
  readonly signal?: AbortSignal;
  /** Validates the answer; if it throws, the ask ends as "crashed". Default: the answer is taken as it is. */
  readonly parse?: (value: unknown) => R;
}

/** When an actor is started anew. A restart keeps its ref and its mailbox, and starts from a fresh state. */
export interface RestartPolicy {
  /** "temporary": never. "transient": after a crash. "permanent": also after it stopped by itself. Default "temporary". */
  readonly policy: "permanent" | "transient" | "temporary";
  /** The actor is stopped as "crashed" if it needs more than so many restarts… Default 3. */
  readonly restarts?: number;
  /** …within so many seconds. Default 5. */
  readonly seconds?: number;
}

export interface SpawnOptions {
  /** Unique among its siblings: 1 to 128 letters, digits, and `_ . + -`. */
  readonly name: string;
  /** How many messages may wait before the actor refuses more as "overloaded". Default 1024. */
  readonly mailbox?: number;
  readonly restart?: RestartPolicy;
  /** The stream that carries messages to this actor from other devices. Default "control". */
  readonly channel?: Channel;
  /** Given to the first `start`: what another life of the behaviour left. Default: nothing. */
  readonly brought?: unknown;
}

export interface HandOverOptions {
  /** How long the child's handler and its `leave` may go on before it stays, ms. Default 10,000. */
  readonly leaveMs?: number;
  /** How long it may wait between two lives before it goes on where it was by itself, ms. Default 30,000. */
  readonly waitMs?: number;
}

/** An actor that waits between two lives: it handles nothing, and what it is told waits in its mailbox. */
export interface HandOver {
  /** What `leave` returned. */
  readonly state: unknown;
  /** Whether it waits still: neither word was said, it was not stopped, and its time is not over. */
  readonly waits: boolean;
  /**
   * Says where the actor lives from now on. What waits, and all that comes later, is forwarded there in order; those who
   * watch the old ref learn of the new one's end. Throws if the actor waits no more, or if `to` leads back to it.
   */
  moved(to: Ref<never>): void;
  /** The actor goes on here, from the state that it left. Throws if it waits no more. */
  stay(): void;
}

export interface RelocateOptions {
  /** What the other device knows such actors as: an actor there has said `receive` of it. */
  readonly kind: string;
  /** Goes ahead of the state, for who decides there whether to take the actor: plain data. Default: null. */
  readonly note?: unknown;
  /** How long it may take until the state has arrived, ms; else the actor stays. Default 10,000. */
  readonly timeoutMs?: number;
  /**
   * How long to ask whether the actor lives there now, where the connection was lost just as the last word was on its way,
   * ms. Meanwhile it lives here no more, or not yet again. Default 60,000.
   */
  readonly doubtMs?: number;
}

/** What became of an actor that was to move. */
export type Relocated<C extends Message = never> =
  | { readonly type: "moved"; readonly ref: Ref<C> }
  /** It lives where it was, with all that it was told. */
  | { readonly type: "stayed"; readonly reason: string }
  /** The other device was lost for good in the one moment that counts. It lives there, as `ref`, or nowhere; not here. */
  | { readonly type: "lost"; readonly ref: Ref<C>; readonly reason: string };

/** What an actor that came from elsewhere is to live as. Made by `arrival`. */
export interface Arrival {
  readonly behaviour: Behaviour<unknown, Message>;
  readonly options: SpawnOptions;
}

/** Says how an actor is to live on; `options.brought` is set to the state that came. */
export function arrival<S, M extends Message>(behaviour: Behaviour<S, M>, options: SpawnOptions): Arrival {
  return { behaviour: behaviour as Behaviour<unknown, Message>, options };
}

/** Another device offers an actor. Without a word of `admit` in time it stays where it is. */
export interface Offer<M extends Message> {
  readonly from: DeviceId;
  readonly kind: string;
  /** As unchecked as the device that it comes from. */
  readonly note: unknown;
  /**
   * Takes the actor as a child. `arrive` is given its state, unchecked, and says what it is to live as; what it throws is why
   * the actor stays. It is called between two messages or not at all: it may look, but must change nothing. The child does
   * not start before the other device has let go of the actor; this actor is told then, by `toMessage`.
   */
  admit(arrive: (state: unknown) => Arrival, toMessage: (child: Ref<never>) => M): void;
  refuse(reason: string): void;
}

/** Tells and asks: what actors and the world outside do alike. */
export interface Sender {
  /**
   * Sends a message: at most once, and in order for each pair of sender and receiver. What cannot be delivered is
   * dropped and counted. Throws only if the message holds what cannot travel to another device, such as a function.
   */
  tell<M extends Message>(ref: Ref<M>, message: NoInfer<M>): void;
  /** Sends a message that carries a ref for the answer. Resolves to exactly one outcome and rejects only on misuse. */
  ask<M extends Message, R, const Q extends M = M>(
    ref: Ref<M>,
    make: (replyTo: Ref<Reply<R>>) => Q,
    options: AskOptions<R>,
  ): Promise<AskOutcome<R>>;
}

/** An actor's view of the world; valid for one life, from a start to a stop or restart. */
export interface Context<in M extends Message> extends Sender {
  readonly self: Ref<M>;
  readonly device: DeviceId;
  readonly clock: Clock;
  /** Aborted as soon as the actor is told to stop, crashes or restarts. */
  readonly signal: AbortSignal;
  /** Starts a child, which lives no longer than this life. Throws if the name is taken or this life is over. */
  spawn<S, C extends Message>(behaviour: Behaviour<S, C>, options: SpawnOptions): Ref<C>;
  /** Stops a child; resolves when it has ended. Throws if the ref is not a child's. */
  stop(child: Ref<never>): Promise<void>;
  /**
   * Stops a child between two messages and takes its state, so that it can go on under another ref, here or on another
   * device. Rejects if it has no `leave`, if `leave` throws or takes too long, or if it ends before; throws if the ref is not
   * a child's.
   */
  handOver(child: Ref<never>, options?: HandOverOptions): Promise<HandOver>;
  /**
   * Moves a child to another device, with its state and what it is told meanwhile: it lives in one place or the other, never
   * in both. Rejects as `handOver` does, and if the state is not plain data.
   */
  relocate<C extends Message>(child: Ref<C>, device: DeviceId, options: RelocateOptions): Promise<Relocated<C>>;
  /**
   * Tells this actor of each actor of a kind that another device would have live here. Throws if the kind is received already.
   * Returns the end of it.
   */
  receive(kind: string, toMessage: (offer: Offer<M>) => M): () => void;
  /** Tells this actor once when `ref` is no more. Watching twice is watching once. Returns the end of watching. */
  watch(ref: Ref<never>, toMessage: (terminated: Terminated) => M): () => void;
  /**
   * Tells this actor once when the connection to `device` is lost, at once if there is none; of the own device never. It
   * sends nothing: one device watch does for any number of actors there that only go with their device. Watching twice is
   * watching once. Returns the end of watching.
   */
  watchDevice(device: DeviceId, toMessage: (lost: DeviceLost) => M): () => void;
  /** Tells this actor `message` after `milliseconds`, unless cancelled by the returned function or this life ends. */
  after(milliseconds: number, message: M): () => void;
}

/** An actor's code; `S` is its state, `M` what it understands. One message is handled at a time. */
export interface Behaviour<S, M extends Message> {
  /**
   * Validates a message from another device, throws on nonsense. `from` is the device that sent it, as the transport has
   * proven. Absent: other devices cannot reach the actor.
   */
  readonly accepts?: (message: unknown, from: DeviceId) => M;
  /**
   * Returns the first state. What was told meanwhile waits. `brought` is what `spawn` was given under that name, for the
   * first life only: what `leave` returned elsewhere, as unchecked as the device it came from.
   */
  start(context: Context<M>, brought?: unknown): S | Promise<S>;
  receive(state: S, message: M, context: Context<M>): Next<S> | Promise<Next<S>>;
  /**
   * Returns what another life needs to go on from this state: plain data, that may travel. Called between two messages
   * when the actor is handed over; the state is given to `stopped` afterwards. If it throws, the actor goes on as it was.
   * Absent: the actor cannot be handed over.
   */
  leave?(state: S): unknown;
  /** Lets go of what the state holds, after the last message and after the children ended; also before a restart. */
  stopped?(state: S, reason: StopReason): void | Promise<void>;
}

/** Answers an ask. */
export function reply<R>(sender: Sender, replyTo: Ref<Reply<R>>, value: NoInfer<R>): void {
  sender.tell(replyTo, { type: "reply", value });
}
