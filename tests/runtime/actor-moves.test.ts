/** Actors that are handed over: what becomes of their messages, asks and watchers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createLoopback } from "../../runtime/actor/loopback.ts";
import { createActorSystem, next, parseRef, type Ref, type Reply } from "../../runtime/actor/mod.ts";
import { encode } from "../../runtime/codec.ts";
import { type Entry, ledger } from "./actor-ledger.ts";
import { terminated } from "./actor-probe.ts";
import { DEVICES, LONG, Mesh } from "./moving-mesh.ts";
import { until } from "./until.ts";

const device = fc.constantFrom(...DEVICES);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("tell" as const), by: device }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("move" as const), to: device }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("wait" as const), ms: fc.nat(30) }) },
);
const latencies = fc.tuple(fc.nat(40), fc.nat(40), fc.nat(40));

test("whoever tells the first ref of an actor that moves about is heard once, in order, on links of any latency", async () => {
  await fc.assert(
    fc.asyncProperty(device, latencies, fc.array(step, { maxLength: 40 }), async (start, [ab, bc, ca], steps) => {
      await using mesh = new Mesh();
      mesh.network.shape("a", "b", { latencyMs: ab });
      mesh.network.shape("b", "c", { latencyMs: bc });
      mesh.network.shape("c", "a", { latencyMs: ca });
      const first = await mesh.open(start);
      let current = first;
      const told = { a: 0, b: 0, c: 0 };
      for (const step of steps) {
        if (step.type === "tell") mesh.at(step.by).tell(first, { type: "note", by: step.by, n: told[step.by]++ });
        if (step.type === "move") {
          const moving = mesh.handing(current, step.to);
          for (const by of DEVICES) mesh.at(by).tell(first, { type: "note", by, n: told[by]++ });
          current = await mesh.settled(moving);
        }
        if (step.type === "wait") await mesh.clock.advance(step.ms);
      }
      // Far less than a fence waits at most: each is answered as soon as it has gone all the way.
      await mesh.clock.advance(2000);
      const notes = await mesh.read("a", first);
      for (const by of DEVICES) {
        assert.deepEqual(
          notes.filter((note) => note.startsWith(by)),
          Array.from({ length: told[by] }, (_, n) => `${by} ${n}`),
        );
      }
      assert.deepEqual(await mesh.read("b", current), notes);
      assert.deepEqual(await mesh.read("c", first), notes);
    }),
    {
      numRuns: 12,
      examples: [["a", [3, 0, 2], [{ type: "move", to: "b" }, { type: "move", to: "a" }, { type: "move", to: "c" }]]],
    },
  );
});

test("an actor that comes back is told and asked without delay, also by the device where it was meanwhile", async () => {
  await using mesh = new Mesh();
  const first = await mesh.open("a");
  let current = first;
  for (const [n, to] of (["b", "a", "a"] as const).entries()) {
    const moving = mesh.handing(current, to);
    mesh.at("b").tell(first, { type: "note", by: "b", n });
    current = await mesh.settled(moving);
  }
  const asked = mesh.clock.now();
  assert.deepEqual(await mesh.read("b", first), ["b 0", "b 1", "b 2"]);
  assert.ok(mesh.clock.now() - asked < 100, `${mesh.clock.now() - asked} ms`);
});

test("what is sent directly does not overtake what is still on its way by the old device", async () => {
  await using mesh = new Mesh();
  mesh.network.shape("b", "c", { latencyMs: 50 });
  const old = await mesh.open("b");
  await mesh.hand(old, "c");
  for (let n = 0; n < 20; n++) {
    mesh.at("a").tell(old, { type: "note", by: "a", n });
    await mesh.clock.advance(5);
  }
  assert.deepEqual(await mesh.read("a", old), Array.from({ length: 20 }, (_, n) => `a ${n}`));
});

test("once the old way is empty a sender reaches the new place directly, also when the old device is gone", async () => {
  await using mesh = new Mesh();
  const old = await mesh.open("b");
  await mesh.hand(old, "c");
  mesh.at("a").tell(old, { type: "note", by: "a", n: 0 });
  mesh.at("a").tell(old, { type: "note", by: "a", n: 1 });
  await mesh.clock.advance(100);
  const frames = mesh.at("b").inspect.counters().framesOut;
  mesh.at("a").tell(old, { type: "note", by: "a", n: 2 });
  await mesh.clock.advance(100);
  assert.equal(mesh.at("b").inspect.counters().framesOut, frames);
  mesh.network.disconnect("a", "b");
  mesh.network.disconnect("b", "c");
  mesh.at("a").tell(old, { type: "note", by: "a", n: 3 });
  assert.deepEqual(await mesh.read("a", old), ["a 0", "a 1", "a 2", "a 3"]);
  const end = terminated(mesh.at("a"), old);
  mesh.at("a").tell(old, { type: "end" });
  await mesh.clock.advance(100);
  assert.equal((await end).reason, "stopped");
});

test("asks that an actor has taken along are answered from its new place, or end with it", async () => {
  await using mesh = new Mesh();
  const keep = (replyTo: Ref<Reply<string>>) => ({ type: "keep", replyTo }) as const;
  for (const to of DEVICES) {
    const old = await mesh.open("b");
    const answered = DEVICES.map((at) => mesh.at(at).ask(old, keep, LONG));
    await mesh.clock.advance(10);
    const moved = await mesh.hand(old, to);
    mesh.at("a").tell(moved, { type: "answer" });
    for (const outcome of answered) assert.equal(await mesh.settled(outcome), `by ${to}`);
    const ended = DEVICES.map((at) => mesh.at(at).ask(old, keep, LONG));
    await mesh.clock.advance(100);
    mesh.at("a").tell(moved, { type: "end" });
    await mesh.clock.advance(100);
    assert.deepEqual((await Promise.all(ended)).map(({ type }) => type), ["stopped", "stopped", "stopped"]);
  }
});

test("those who watch the old ref are told once that the actor ended at its new place, or that its device was lost", async () => {
  for (const [lost, reason] of [[false, "stopped"], [true, "unreachable"]] as const) {
    await using mesh = new Mesh();
    const old = await mesh.open("b");
    const before = [terminated(mesh.at("a"), old), terminated(mesh.at("b"), old)];
    await mesh.clock.advance(10);
    const moved = await mesh.hand(await mesh.hand(old, "a"), "c");
    const after = [terminated(mesh.at("a"), old), terminated(mesh.at("b"), old)];
    await mesh.clock.advance(10);
    if (lost) mesh.network.disconnect("a", "c");
    else mesh.at("b").tell(moved, { type: "end" });
    await mesh.clock.advance(10);
    for (const { ref, reason: heard } of await Promise.all([...before, ...after])) {
      assert.deepEqual([ref, heard], [old, reason]);
    }
  }
});

test("a ref that was redirected to a dead one is dead", async () => {
  await using mesh = new Mesh();
  for (const to of DEVICES) {
    const old = await mesh.open("b");
    const moved = await mesh.hand(old, to);
    mesh.at("c").tell(moved, { type: "end" });
    await mesh.clock.advance(100);
    for (const at of DEVICES) {
      const read = mesh.at(at).ask(old, (replyTo: Ref<Reply<readonly string[]>>) => ({ type: "read", replyTo }), LONG);
      const end = terminated(mesh.at(at), old);
      await mesh.clock.advance(100);
      assert.equal((await read).type, "stopped");
      assert.equal((await end).reason, "unknown");
    }
  }
});

test("an actor whose new place does not take it stays, with its state and what was told meanwhile", async () => {
  await using mesh = new Mesh();
  const ref = await mesh.open("b");
  mesh.at("a").tell(ref, { type: "note", by: "a", n: 0 });
  await mesh.clock.advance(10);
  mesh.network.disconnect("b", "c");
  const handing = mesh.handing(ref, "c");
  mesh.at("a").tell(ref, { type: "note", by: "a", n: 1 });
  assert.deepEqual(await mesh.settled(handing), ref);
  assert.deepEqual(await mesh.read("a", ref), ["a 0", "a 1"]);
});

test("an actor without leave, or whose leave throws, goes on; one that is stopped meanwhile is not handed over", async () => {
  await using system = createActorSystem({ device: "one" });
  const failures: string[] = [];
  const notes: number[] = [];
  type Try = { readonly type: "try" | "note"; readonly child?: string };
  const child = (leave?: () => unknown) => ({
    start: () => null,
    receive: (_: null, { type }: Try) => (type === "note" && notes.push(1), next(null)),
    ...(leave === undefined ? {} : { leave }),
  });
  const gate = Promise.withResolvers<void>();
  const parent = system.spawn<null, Try>({
    start: () => null,
    async receive(_, __, context) {
      const fails = async (ref: Ref<Try>) => {
        await assert.rejects(context.handOver(ref), (error: Error) => failures.push(error.message) > 0);
        context.tell(ref, { type: "note" });
      };
      await fails(context.spawn(child(), { name: "none" }));
      await fails(context.spawn(child(() => assert.fail("not now")), { name: "throws" }));
      const slow = context.spawn(child(() => gate.promise), { name: "slow" });
      const handing = fails(slow);
      await fails(slow);
      const stopped = context.stop(slow);
      gate.resolve();
      await Promise.all([handing, stopped]);
      const kept = context.spawn(child(() => null), { name: "kept" });
      const over = await context.handOver(kept);
      assert.throws(() => over.moved(kept), /where it came from/);
      assert.throws(() => over.moved({ ...kept, incarnation: "*" }), /whatever lives/);
      await context.stop(kept);
      assert.throws(() => over.moved(parent), /waits no more/);
      assert.throws(() => over.stay(), /waits no more/);
      return next(null);
    },
  }, { name: "parent" });
  system.tell(parent, { type: "try" });
  await until(() => failures.length === 4 && notes.length === 2 && system.inspect.snapshot()[0]?.handled === 1);
  assert.match(failures[0] ?? "", /has no leave/);
  assert.match(failures[1] ?? "", /not now/);
  assert.match(failures[2] ?? "", /it is leaving/);
  assert.match(failures[3] ?? "", /ended/);
  assert.deepEqual(system.inspect.snapshot().map(({ path, restarts }) => [path, restarts]), [
    ["/parent", 0],
    ["/parent/none", 0],
    ["/parent/throws", 0],
  ]);
});

test("another device cannot redirect a message to an actor here that would not take it from there", async () => {
  const network = createLoopback();
  const peer = network.join("peer");
  await using system = createActorSystem({ device: "one", transport: network.join("one") });
  const secret = system.spawn(ledger, { name: "open" });
  const closed = system.spawn<number, Entry>({ start: () => 0, receive: (n) => next(n + 1) }, { name: "closed" });
  peer.onFrame((_, channel, frame) => {
    // A fence is answered as any ask.
    const id = new TextDecoder().decode(frame).match(/[0-9a-z]{28}/)?.[0];
    if (id !== undefined) peer.send("one", channel, encode([2, id, null]));
  });
  for (const [n, to] of [closed, { ...secret, incarnation: "*" }].entries()) {
    const theirs = parseRef<Entry>({ device: "peer", path: "/x", incarnation: `x${n}`, channel: "control" });
    peer.send("one", "control", encode([7, "/x", `x${n}`, "control", to]));
    await until(() => system.inspect.counters().framesIn >= 1);
    for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
    system.tell(theirs, { type: "note", by: "one", n });
  }
  assert.equal(system.inspect.counters().dropped.refused, 1);
  assert.deepEqual(system.inspect.snapshot().map(({ handled }) => handled), [0, 0]);
});
