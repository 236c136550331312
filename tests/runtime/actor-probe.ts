/** An actor for tests that does as it is told. */
import {
  type ActorSystem,
  type AskOutcome,
  type Behaviour,
  type Message,
  next,
  parseReplyTo,
  type Ref,
  type Reply,
  reply,
  stop,
  type Terminated,
} from "../../runtime/actor/mod.ts";

/** What a probe understands. */
export type Probe =
  | { readonly type: "note"; readonly n: number }
  | { readonly type: "echo"; readonly value: unknown; readonly replyTo: Ref<Reply<unknown>> }
  | { readonly type: "inflate"; readonly bytes: number; readonly replyTo: Ref<Reply<unknown>> }
  | { readonly type: "keep"; readonly replyTo: Ref<Reply<unknown>> }
  | { readonly type: "wait" }
  | { readonly type: "crash" }
  | { readonly type: "crash asked"; readonly replyTo: Ref<Reply<unknown>> }
  | { readonly type: "end" };

/** Ask options for asks that must not time out. */
export const LONG = { timeoutMs: 20_000 };

/** An actor that does as it is told, with a gate that the test opens. */
export function probe(): {
  behaviour: Behaviour<number, Probe>;
  notes: number[];
  starts: () => number;
  open: () => void;
  entered: Promise<void>;
} {
  const notes: number[] = [];
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  let starts = 0;
  const behaviour: Behaviour<number, Probe> = {
    accepts,
    start: () => ++starts,
    async receive(life, message, context) {
      switch (message.type) {
        case "note":
          notes.push(message.n);
          return next(life);
        case "echo":
          reply(context, message.replyTo, message.value);
          return next(life);
        case "inflate":
          reply(context, message.replyTo, "x".repeat(message.bytes));
          return next(life);
        case "keep":
          return next(life);
        case "wait":
          entered.resolve();
          await gate.promise;
          return next(life);
        case "crash":
        case "crash asked":
          throw new Error("as it was told");
        case "end":
          return stop();
      }
    },
  };
  return { behaviour, notes, starts: () => starts, open: gate.resolve, entered: entered.promise };
}

/** A probe's `accepts`. */
export function accepts(message: unknown): Probe {
  const probe = message as Probe;
  switch (probe.type) {
    case "note":
      return { type: "note", n: Number(probe.n) };
    case "echo":
      return { ...probe, replyTo: parseReplyTo(probe.replyTo) };
    case "inflate":
      return { ...probe, replyTo: parseReplyTo(probe.replyTo) };
    case "keep":
    case "crash asked":
      return { type: probe.type, replyTo: parseReplyTo(probe.replyTo) };
    case "wait":
    case "crash":
    case "end":
      return { type: probe.type };
    default:
      throw new TypeError(`a probe does not understand ${(message as Message).type}`);
  }
}

/** Asks a probe for the value back. */
export function echo(
  near: ActorSystem,
  ref: Ref<Probe>,
  value: unknown = "here",
  options = LONG,
): Promise<AskOutcome<unknown>> {
  return near.ask(ref, (replyTo) => ({ type: "echo", value, replyTo }), options);
}

/** Resolves when the actor is no more. */
export function terminated(near: ActorSystem, ref: Ref<never>): Promise<Terminated> {
  return new Promise((resolve) => near.watch(ref, resolve));
}

/** What `deviceWatcher` understands. */
export type DeviceWatcher =
  | { readonly type: "watch" | "unwatch" | "lost"; readonly device: string }
  | { readonly type: "flush"; readonly replyTo: Ref<Reply<null>> };

/** An actor that watches devices as it is told and writes down those that were lost. */
export function deviceWatcher(heard: string[]): Behaviour<Map<string, () => void>, DeviceWatcher> {
  return {
    start: () => new Map(),
    receive(ends, message, context) {
      switch (message.type) {
        case "watch":
          ends.set(message.device, context.watchDevice(message.device, ({ device }) => ({ type: "lost", device })));
          return next(ends);
        case "unwatch":
          ends.get(message.device)?.();
          return next(ends);
        case "lost":
          heard.push(message.device);
          return next(ends);
        case "flush":
          reply(context, message.replyTo, null);
          return next(ends);
      }
    },
  };
}
