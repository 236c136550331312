/** An actor for tests that runs what it is given. */
import assert from "node:assert/strict";
import {
  type ActorSystem,
  type Behaviour,
  type Context,
  type Message,
  next,
  type Ref,
  type Reply,
  reply,
} from "../../runtime/actor/mod.ts";

/** Something to do with the context, and where to answer. */
export type Do = {
  readonly type: "do";
  readonly action: (context: Context<Do>) => unknown;
  readonly replyTo: Ref<Reply<unknown>>;
};

/** A ref for an answer that nobody waits for. */
export const nobody: Ref<Reply<unknown>> = { device: "one", path: "?", incarnation: "nobody", channel: "control" };

/** An actor that runs what it is given, with its context, and answers with the result. */
export const doer = {
  start: () => null,
  async receive(_: null, { action, replyTo }: Do, context: Context<Do>) {
    const value = await action(context);
    reply(context, replyTo, value);
    return next(null);
  },
} satisfies Behaviour<null, Do>;

/** Runs `action` in a doer; resolves to its result. */
export async function within(
  system: ActorSystem,
  ref: Ref<Do>,
  action: (context: Context<Do>) => unknown,
): Promise<unknown> {
  const outcome = await system.ask(ref, (replyTo) => ({ type: "do", action, replyTo }), { timeoutMs: 20_000 });
  assert.equal(outcome.type, "reply", outcome.type === "reply" ? "" : outcome.reason);
  return outcome.type === "reply" ? outcome.value : undefined;
}

/** A behaviour that writes down its start and end. */
export function noting(name: string, log: string[]): Behaviour<null, Message> {
  return {
    start: () => (log.push(`${name} starts`), null),
    receive: () => next(null),
    stopped: (_, { type }) => void log.push(`${name} ${type}`),
  };
}
