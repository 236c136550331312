import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Behaviour,
  createActorSystem,
  type InspectEvent,
  type Message,
  next,
  type Ref,
  type Reply,
  reply,
} from "../../runtime/actor/mod.ts";
import { simulatedClock } from "../../runtime/clock.ts";
import { doer, nobody, within } from "./actor-doer.ts";
import { until } from "./until.ts";

test("the example at the head of the module prints 5", async () => {
  type Counter =
    | { readonly type: "add"; readonly by: number }
    | { readonly type: "read"; readonly replyTo: Ref<Reply<number>> };

  const counter: Behaviour<number, Counter> = {
    start: () => 0,
    receive(total, message, context) {
      switch (message.type) {
        case "add":
          return next(total + message.by);
        case "read":
          reply(context, message.replyTo, total);
          return next(total);
      }
    },
  };

  await using system = createActorSystem({ device: "my laptop" });
  const ref = system.spawn(counter, { name: "counter" });
  system.tell(ref, { type: "add", by: 2 });
  system.tell(ref, { type: "add", by: 3 });
  const read = (replyTo: Ref<Reply<number>>) => ({ type: "read", replyTo }) as const;
  const outcome = await system.ask(ref, read, { timeoutMs: 1000 });
  assert.deepEqual(outcome, { type: "reply", value: 5 });
});

test("a timer tells its actor once, in time, unless it was cancelled", async () => {
  const clock = simulatedClock();
  await using system = createActorSystem({ device: "one", clock });
  const times: number[] = [];
  system.spawn<null, { readonly type: "start" | "tick" | "never" }>({
    start(context) {
      context.after(50, { type: "tick" });
      context.after(20, { type: "never" })();
      return null;
    },
    receive(_, message) {
      assert.equal(message.type, "tick");
      times.push(clock.now());
      return next(null);
    },
  }, { name: "ref" });
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(49);
  assert.deepEqual(times, []);
  await clock.advance(500);
  await until(() => times.length > 0);
  await clock.advance(500);
  assert.equal(times.length, 1);
});

test("a timer reaches an actor whose mailbox is full", async () => {
  const clock = simulatedClock();
  await using system = createActorSystem({ device: "one", clock });
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const ticked = Promise.withResolvers<void>();
  const ref = system.spawn<null, { readonly type: "wait" | "fill" | "tick" }>({
    start: (context) => (context.after(10, { type: "tick" }), null),
    async receive(_, { type }) {
      if (type === "tick") ticked.resolve();
      if (type === "wait") {
        entered.resolve();
        await gate.promise;
      }
      return next(null);
    },
  }, { name: "ref", mailbox: 1 });
  system.tell(ref, { type: "wait" });
  await entered.promise;
  system.tell(ref, { type: "fill" });
  system.tell(ref, { type: "fill" });
  await clock.advance(10);
  assert.equal(system.inspect.counters().dropped.overloaded, 1);
  gate.resolve();
  await ticked.promise;
});

test("an ask whose asker waits no more is not handled", async () => {
  const clock = simulatedClock();
  await using system = createActorSystem({ device: "one", clock });
  const gate = Promise.withResolvers<void>();
  const handled: string[] = [];
  const ref = system.spawn<null, Message>({
    start: () => null,
    async receive(_, { type }) {
      handled.push(type);
      if (type === "wait") await gate.promise;
      return next(null);
    },
  }, { name: "ref" });
  system.tell(ref, { type: "wait" });
  const outcome = system.ask(ref, () => ({ type: "late" }), { timeoutMs: 10 });
  await clock.advance(10);
  assert.equal((await outcome).type, "timeout");
  gate.resolve();
  system.tell(ref, { type: "last" });
  await until(() => handled.includes("last"));
  assert.deepEqual(handled, ["wait", "last"]);
  assert.equal(system.inspect.counters().dropped.expired, 1);
});

test("misuse is refused in words", async () => {
  const system = createActorSystem({ device: "one" });
  const quiet: Behaviour<null, Message> = { start: () => null, receive: () => next(null) };
  const ref = system.spawn(quiet, { name: "ref" });
  assert.throws(() => system.spawn(quiet, { name: "ref" }), /spawn \/ref: an actor of this name lives/);
  assert.throws(() => system.spawn(quiet, { name: "a/b" }), /letters, digits/);
  assert.throws(() => system.spawn(quiet, { name: "b", mailbox: 0 }), /mailbox is 0/);
  await assert.rejects(system.ask(ref, () => ({ type: "x" }), { timeoutMs: 0 }), /timeoutMs is 0/);
  await assert.rejects(system.stop({ ...ref, device: "two" }), /lives on two/);
  const other = system.spawn(doer, { name: "other" });
  await within(system, other, (context) => assert.rejects(context.stop(ref), /only its own children/));
  await system.stop();
  assert.throws(() => system.spawn(quiet, { name: "late" }), /has ended/);
  assert.equal((await system.ask(ref, () => ({ type: "x" }), { timeoutMs: 10 })).type, "stopped");
  system.tell(ref, { type: "x" });
});

test("inspect tells what happens, and a listener that throws disturbs nobody", async () => {
  await using system = createActorSystem({ device: "one" });
  const events: InspectEvent[] = [];
  const end = system.inspect.subscribe((event) => void events.push(event));
  system.inspect.subscribe(() => {
    throw new Error("not the system's trouble");
  });
  const ref = system.spawn(doer, { name: "ref" });
  await within(system, ref, () => {});
  await system.stop(ref);
  system.tell(ref, { type: "do", action: () => {}, replyTo: nobody });
  assert.deepEqual(events.map(({ type }) => type), ["told", "spawned", "handled", "stopped", "dropped"]);
  end();
  system.tell(ref, { type: "do", action: () => {}, replyTo: nobody });
  assert.equal(events.length, 5);
  assert.equal(system.inspect.counters().dropped.dead, 2);
});
