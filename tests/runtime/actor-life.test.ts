import assert from "node:assert/strict";
import { test } from "node:test";
import { createLoopback } from "../../runtime/actor/loopback.ts";
import { type Behaviour, type Context, createActorSystem, type Message, next, stop } from "../../runtime/actor/mod.ts";
import { simulatedClock } from "../../runtime/clock.ts";
import { type Do, doer, nobody, noting, within } from "./actor-doer.ts";
import { until } from "./until.ts";

test("children end before their parent, the last spawned first, and so do the actors of a system", async () => {
  const log: string[] = [];
  const system = createActorSystem({ device: "one" });
  system.spawn(noting("first", log), { name: "first" });
  const parent = system.spawn({ ...doer, stopped: () => void log.push("parent stopped") }, { name: "parent" });
  await within(system, parent, (context) => {
    context.spawn(noting("a", log), { name: "a" });
    context.spawn(noting("b", log), { name: "b" });
  });
  assert.deepEqual(system.inspect.snapshot().map(({ path }) => path), ["/first", "/parent", "/parent/a", "/parent/b"]);
  await new Promise((resolve) => setImmediate(resolve));
  log.length = 0;
  await system.stop();
  assert.deepEqual(log, ["b stopped", "a stopped", "parent stopped", "first stopped"]);
  assert.deepEqual(system.inspect.snapshot(), []);
});

test("a restart ends the children, timers and watches of the life before and calls stopped with the old state", async () => {
  const log: string[] = [];
  const clock = simulatedClock();
  await using system = createActorSystem({ device: "one", clock });
  let lives = 0;
  const ref = system.spawn<number, Do>({
    ...doer,
    start: () => ++lives,
    async receive(life, message, context) {
      await doer.receive(null, message, context);
      return next(life);
    },
    stopped: (life, { type }) => void log.push(`life ${life} ${type}`),
  }, { name: "ref", restart: { policy: "transient" } });
  let signal: AbortSignal | undefined;
  await within(system, ref, async (context) => {
    ({ signal } = context);
    context.spawn(noting("child", log), { name: "child" });
    context.after(1000, { type: "do", action: () => log.push("timer"), replyTo: nobody });
    await new Promise((resolve) => setImmediate(resolve));
  });
  const crash = () => {
    throw new Error("as it was told");
  };
  await system.ask(ref, (replyTo) => ({ type: "do", action: crash, replyTo }), { timeoutMs: 1000 });
  await within(system, ref, () => {});
  await clock.advance(2000);
  assert.equal(signal?.aborted, true);
  assert.deepEqual(log, ["child starts", "child stopped", "life 1 crashed"]);
  assert.equal(system.inspect.snapshot()[0]?.restarts, 1);
});

test("the watch of a device ends with the life that began it", async () => {
  const network = createLoopback();
  await using system = createActorSystem({ device: "one", transport: network.join("one") });
  network.join("two");
  let heard = 0;
  const ref = system.spawn<null, { readonly type: "watch" | "crash" | "lost" }>({
    start: () => null,
    receive(_, { type }, context) {
      if (type === "crash") throw new Error("as it was told");
      if (type === "watch") context.watchDevice("two", () => ({ type: "lost" }));
      if (type === "lost") heard++;
      return next(null);
    },
  }, { name: "ref", restart: { policy: "transient" } });
  system.tell(ref, { type: "watch" });
  system.tell(ref, { type: "crash" });
  await until(() => system.inspect.snapshot()[0]?.restarts === 1);
  network.disconnect("one", "two");
  network.connect("one", "two");
  system.tell(ref, { type: "watch" });
  await until(() => system.inspect.snapshot()[0]?.mailbox === 0);
  network.disconnect("one", "two");
  await until(() => heard > 0);
  assert.equal(heard, 1);
});

test("stop lets the message in flight end, aborts the signal at once and ends the actor's own asks", async () => {
  await using system = createActorSystem({ device: "one" });
  const silent = system.spawn<null, Message>({ start: () => null, receive: () => next(null) }, { name: "silent" });
  const entered = Promise.withResolvers<void>();
  const log: string[] = [];
  const ref = system.spawn(doer, { name: "ref" });
  const outcome = within(system, ref, async (context) => {
    context.signal.addEventListener("abort", () => log.push("abort"));
    entered.resolve();
    const { type } = await context.ask(silent, () => ({ type: "never" }), { timeoutMs: 20_000 });
    log.push(type);
    return "ended";
  });
  await entered.promise;
  await system.stop(ref);
  assert.deepEqual(log, ["abort", "aborted"]);
  assert.equal(await outcome, "ended");
});

test("an actor whose handler does not end is left behind after the grace time", async () => {
  const clock = simulatedClock();
  const system = createActorSystem({ device: "one", clock, graceMs: 100 });
  const entered = Promise.withResolvers<void>();
  const ref = system.spawn<null, Message>({
    start: () => null,
    receive: () => (entered.resolve(), new Promise(() => {})),
  }, { name: "ref" });
  system.tell(ref, { type: "hang" });
  await entered.promise;
  const stopped = system.stop();
  await clock.advance(99);
  assert.equal(system.inspect.snapshot()[0]?.state, "stopping");
  await clock.advance(1);
  await stopped;
  assert.deepEqual(system.inspect.snapshot(), []);
});

test("an actor that crashes in its start is given up after its restarts", async () => {
  await using system = createActorSystem({ device: "one" });
  let starts = 0;
  const ref = system.spawn<never, Message>({
    start() {
      starts++;
      throw new Error("no luck");
    },
    receive: (state) => next(state),
  }, { name: "ref", restart: { policy: "permanent", restarts: 4, seconds: 60 } });
  const { reason, detail } = await new Promise<{ reason: string; detail: string }>((ok) => system.watch(ref, ok));
  assert.equal(reason, "crashed");
  assert.match(detail, /no luck/);
  assert.equal(starts, 5);
});

test("restarts that lie further apart than the policy's seconds do not add up", async () => {
  const clock = simulatedClock();
  await using system = createActorSystem({ device: "one", clock });
  const ref = system.spawn<null, Message>({
    start: () => null,
    receive() {
      throw new Error("as ever");
    },
  }, { name: "ref", restart: { policy: "transient", restarts: 1, seconds: 2 } });
  for (let n = 0; n < 5; n++) {
    system.tell(ref, { type: "crash" });
    await until(() => system.inspect.snapshot()[0]?.restarts === n + 1);
    await clock.advance(2000);
  }
});

test("a parent learns of a child's end, and may give the name to another", async () => {
  await using system = createActorSystem({ device: "one" });
  const learnt = Promise.withResolvers<string>();
  const child: Behaviour<null, Message> = { start: () => null, receive: () => stop("it had enough") };
  system.spawn<null, { readonly type: "gone"; readonly detail: string }>({
    start(context) {
      const ref = context.spawn(child, { name: "child" });
      context.watch(ref, ({ detail }) => ({ type: "gone", detail }));
      context.tell(ref, { type: "any" });
      return null;
    },
    receive(_, { detail }, context) {
      context.spawn(child, { name: "child" });
      learnt.resolve(detail);
      return next(null);
    },
  }, { name: "parent" });
  assert.equal(await learnt.promise, "it had enough");
});

test("an old life's context spawns, asks and watches no more", async () => {
  await using system = createActorSystem({ device: "one" });
  const ref = system.spawn(doer, { name: "ref" });
  let old: Context<Do> | undefined;
  await within(system, ref, (context) => void (old = context));
  await system.stop(ref);
  assert.ok(old !== undefined);
  const context = old;
  assert.throws(() => context.spawn(noting("x", []), { name: "x" }), /has ended/);
  const outcome = await context.ask(ref, (replyTo) => ({ type: "do", action: () => {}, replyTo }), { timeoutMs: 10 });
  assert.equal(outcome.type, "aborted");
  assert.equal(context.signal.aborted, true);
});
