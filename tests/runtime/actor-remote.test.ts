import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createLoopback } from "../../runtime/actor/loopback.ts";
import {
  type Behaviour,
  createActorSystem,
  type Message,
  next,
  parseRef,
  parseReplyTo,
  type Ref,
  type Reply,
  reply,
  stop,
  type Transport,
} from "../../runtime/actor/mod.ts";
import { simulatedClock } from "../../runtime/clock.ts";
import { encode } from "../../runtime/codec.ts";
import { until } from "./until.ts";

type Question = { readonly type: "question"; readonly replyTo: Ref<Reply<string>> };

const answering: Behaviour<null, Question> = {
  accepts: acceptQuestion,
  start: () => null,
  receive(_, { replyTo }, context) {
    reply(context, replyTo, `by ${context.device}`);
    return next(null);
  },
};

function acceptQuestion(message: unknown): Question {
  const { type, replyTo } = message as Question;
  if (type !== "question") throw new TypeError(`not a question: ${type}`);
  return { type, replyTo: parseReplyTo(replyTo) };
}

function question(replyTo: Ref<Reply<string>>): Question {
  return { type: "question", replyTo };
}

const LONG = { timeoutMs: 20_000 };

test("a third device may answer a request that was forwarded to it", async () => {
  const network = createLoopback();
  await using a = createActorSystem({ device: "a", transport: network.join("a") });
  await using b = createActorSystem({ device: "b", transport: network.join("b") });
  await using c = createActorSystem({ device: "c", transport: network.join("c") });
  const worker = c.spawn(answering, { name: "worker" });
  const front = b.spawn<null, Question>({
    accepts: acceptQuestion,
    start: () => null,
    receive: (_, message, context) => (context.tell(worker, message), next(null)),
  }, { name: "front" });
  assert.deepEqual(await a.ask(front, question, LONG), { type: "reply", value: "by c" });
});

test("other devices cannot reach an actor that accepts nothing, nor tell one what it refuses", async () => {
  const network = createLoopback();
  await using a = createActorSystem({ device: "a", transport: network.join("a") });
  await using b = createActorSystem({ device: "b", transport: network.join("b") });
  const closed = b.spawn<null, Message>({ start: () => null, receive: () => next(null) }, { name: "closed" });
  assert.equal((await a.ask(closed, () => ({ type: "x" }), LONG)).type, "unreachable");
  b.spawn(answering, { name: "open" });
  const open = a.at<Message>("b", "/open");
  const outcome = await a.ask(open, () => ({ type: "nonsense" }), LONG);
  assert.ok(outcome.type === "crashed" && /not a question: nonsense/.test(outcome.reason));
  a.tell(open, { type: "nonsense" });
  assert.equal((await a.ask(a.at<Question>("b", "/open"), question, LONG)).type, "reply");
  assert.equal(b.inspect.counters().dropped.refused, 3);
  assert.equal(b.inspect.snapshot()[1]?.restarts, 0);
});

test("whatever bytes a peer sends, they are dropped and counted and the system lives on", async () => {
  const network = createLoopback();
  const peer = network.join("peer");
  await using b = createActorSystem({ device: "b", transport: network.join("b") });
  b.spawn(answering, { name: "open" });
  const nonsense = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.array(fc.oneof(fc.nat(8), fc.string(), fc.constant("/open"), fc.constant("*"), fc.double(), fc.constant(null)), {
      maxLength: 7,
    }).map((list) => encode(list)),
  );
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(nonsense, async (bytes) => {
      sent++;
      peer.send("b", "control", bytes.slice());
      await new Promise((resolve) => setImmediate(resolve));
    }),
    { numRuns: 300 },
  );
  assert.equal(b.inspect.counters().framesIn, sent);
  assert.ok(b.inspect.counters().dropped.malformed > 100);
  const own = b.at<Question>("b", "/open");
  assert.deepEqual(await b.ask(own, question, LONG), { type: "reply", value: "by b" });
});

test("a guessed reply ends no ask, and only the actor's device can say that it is no more", async () => {
  const network = createLoopback();
  const intruder = network.join("intruder");
  await using a = createActorSystem({ device: "a", transport: network.join("a") });
  await using b = createActorSystem({ device: "b", transport: network.join("b") });
  const taken = Promise.withResolvers<Ref<Reply<string>>>();
  const ref = b.spawn<null, Question>({
    ...answering,
    receive: (_, { replyTo }) => (taken.resolve(replyTo), next(null)),
  }, { name: "ref" });
  let ended = false;
  a.watch(ref, () => ended = true);
  const outcome = a.ask(ref, question, LONG);
  const replyTo = await taken.promise;
  intruder.send("a", "control", encode([2, "guess", "wrong"]));
  for (let id = 0; id < 5; id++) intruder.send("a", "control", encode([6, id, "stopped", ""]));
  await new Promise((resolve) => setTimeout(resolve, 0));
  b.tell(replyTo, { type: "reply", value: "right" });
  b.tell(replyTo, { type: "reply", value: "late" });
  assert.deepEqual(await outcome, { type: "reply", value: "right" });
  assert.equal(ended, false);
});

test("a ref to answer cannot be made to lead to an actor", () => {
  const ref = { device: "b", path: "/supervisor", incarnation: "*", channel: "control" };
  assert.throws(() => parseReplyTo(ref), /path "\?"/);
  assert.deepEqual(parseRef(ref), ref);
  assert.throws(() => parseRef({ ...ref, path: "?" }), /from "\/"/);
  assert.throws(() => parseRef({ ...ref, channel: "other" }), /channel/);
  assert.throws(() => parseRef("b/supervisor"), /a ref is an object/);
  assert.deepEqual(Object.keys(parseRef({ ...ref, more: 1 })), ["device", "path", "incarnation", "channel"]);
});

test("an overloaded way refuses asks, and word of an actor's end gets through when it is free again", async () => {
  const clock = simulatedClock();
  const network = createLoopback();
  const way = { free: true };
  await using a = createActorSystem({ device: "a", clock, transport: narrow(network.join("a"), { free: true }) });
  await using b = createActorSystem({ device: "b", clock, transport: narrow(network.join("b"), way) });
  const ref = b.spawn<null, Question>({ ...answering, receive: () => stop() }, { name: "ref" });
  b.spawn(answering, { name: "other" });
  const end = new Promise<{ reason: string }>((resolve) => a.watch(ref, resolve));
  const asked = a.ask(a.at<Question>("b", "/other"), question, LONG);
  assert.equal((await asked).type, "reply");
  way.free = false;
  assert.equal((await b.ask(b.at<Question>("a", "/any"), question, LONG)).type, "overloaded");
  b.tell(ref, question(parseReplyTo({ ...ref, path: "?" })));
  const unanswered = a.ask(a.at<Question>("b", "/other"), question, LONG);
  await until(() => b.inspect.counters().dropped.overloaded === 2 && b.inspect.snapshot().length === 1);
  way.free = true;
  await clock.advance(100);
  assert.equal((await end).reason, "stopped");
  assert.equal((await unanswered).type, "overloaded");
});

test("an ask that arrives too late for its asker is not handled", async () => {
  const clock = simulatedClock();
  const network = createLoopback();
  const peer = network.join("peer");
  await using b = createActorSystem({ device: "b", clock, transport: network.join("b") });
  const gate = Promise.withResolvers<void>();
  let handled = 0;
  const ref = b.spawn<null, Message>({
    accepts: (message) => message as Message,
    start: () => gate.promise.then(() => null),
    receive: () => (handled++, next(null)),
  }, { name: "ref" });
  const { path, incarnation } = ref;
  peer.send("b", "control", encode([1, path, incarnation, { type: "x" }, "id 1", 50]));
  peer.send("b", "control", encode([1, path, incarnation, { type: "x" }, "id 2", 150]));
  await until(() => b.inspect.counters().framesIn === 2);
  await clock.advance(100);
  gate.resolve();
  await until(() => handled > 0);
  assert.equal(handled, 1);
  assert.equal(b.inspect.counters().dropped.expired, 1);
});

test("a peer can have so many asks and watches waiting here, not more", async () => {
  const network = createLoopback({ capacity: 50_000 });
  const peer = network.join("peer");
  await using b = createActorSystem({ device: "b", transport: network.join("b") });
  const { path, incarnation } = b.spawn<null, Message>({
    accepts: (message) => message as Message,
    start: () => null,
    receive: () => next(null),
  }, { name: "ref", mailbox: 100_000 });
  let refused = 0;
  const all = Promise.withResolvers<void>();
  peer.onFrame(() => ++refused === 20 && all.resolve());
  for (let n = 0; n < 10_010; n++) {
    peer.send("b", "control", encode([1, path, incarnation, { type: "x" }, `id ${n}`, 60_000]));
    peer.send("b", "control", encode([4, n, path, incarnation, "control"]));
  }
  await all.promise;
  network.disconnect("peer", "b");
  assert.equal(b.inspect.counters().dropped.overloaded, 10);
});

test("a message that cannot travel crashes its sender, not the system", async () => {
  const network = createLoopback();
  await using a = createActorSystem({ device: "a", transport: network.join("a") });
  await using _b = createActorSystem({ device: "b", transport: network.join("b") });
  const far = a.at<Message & { readonly what: unknown }>("b", "/ref");
  assert.throws(() => a.tell(far, { type: "x", what: () => {} }), /a value of type function cannot travel/);
  assert.throws(() => a.tell(far, { type: "x", what: new Map() }), /class Map/);
  await assert.rejects(a.ask(far, () => ({ type: "x", what: 1n }), LONG), /bigint/);
});

/** A transport that is overloaded while `way.free` is false. */
function narrow(transport: Transport, way: { free: boolean }): Transport {
  return { ...transport, send: (...frame) => way.free ? transport.send(...frame) : "overloaded" };
}
