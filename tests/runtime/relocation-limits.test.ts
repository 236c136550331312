/** Relocations that are refused, too large, forged or forgotten: the actor stays, and nothing is left elsewhere. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLoopback } from "../../runtime/actor/loopback.ts";
import {
  type ActorSystem,
  arrival,
  type Behaviour,
  type Context,
  createActorSystem,
  type HandOver,
  next,
  type Offer,
  type Ref,
  type Relocated,
} from "../../runtime/actor/mod.ts";
import { simulatedClock } from "../../runtime/clock.ts";
import { decode, encode } from "../../runtime/codec.ts";

type Held = { readonly type: "hold" | "note"; readonly value: unknown };
type Host =
  | { readonly type: "do"; readonly action: (context: Context<Host>) => void }
  | { readonly type: "offered"; readonly offer: Offer<Host> }
  | { readonly type: "arrived"; readonly child: Ref<never> };

/** Keeps what it was last told to hold, and takes it along. */
const holder: Behaviour<unknown, Held> = {
  accepts: (message) => message as Held,
  start: (_, brought) => brought,
  receive: (_, { value }) => next(value),
  leave: (state) => state,
};

/** Two devices with a parent of holders each; `take` decides at the second. */
class Pair implements AsyncDisposable {
  readonly clock = simulatedClock();
  readonly network = createLoopback({ clock: this.clock, link: { latencyMs: 1 } });
  readonly here: ActorSystem = this.#system("here");
  readonly there: ActorSystem = this.#system("there");
  readonly states: unknown[] = [];
  readonly #hosts = new Map<ActorSystem, Ref<Host>>();
  take: (offer: Offer<Host>) => void = ({ admit }) => admit(this.arrive, (child) => ({ type: "arrived", child }));

  constructor() {
    for (const system of [this.here, this.there]) {
      const behaviour: Behaviour<null, Host> = {
        start: () => null,
        receive: (_, message, context) => {
          if (message.type === "do") message.action(context);
          if (message.type === "offered") this.take(message.offer);
          return next(null);
        },
      };
      this.#hosts.set(system, system.spawn(behaviour, { name: "host" }));
    }
  }

  readonly arrive = (state: unknown) => {
    this.states.push(state);
    return arrival(holder, { name: `holder${this.states.length}` });
  };

  #system(device: string): ActorSystem {
    return createActorSystem({ device, clock: this.clock, transport: this.network.join(device), graceMs: 10 });
  }

  /** Runs an action in a host; resolves when it has, and what it returned has settled. */
  async within<T>(system: ActorSystem, action: (context: Context<Host>) => T | Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const host = this.#hosts.get(system) ?? assert.fail();
    system.tell(host, { type: "do", action: (context) => void attempt(() => action(context)).then(resolve, reject) });
    let done = false;
    promise.then(() => done = true, () => done = true);
    while (!done) await this.clock.advance(10);
    return await promise;
  }

  async open(): Promise<void> {
    await this.within(this.there, (context) => void context.receive("holder", (offer) => ({ type: "offered", offer })));
  }

  async hold(value: unknown): Promise<Ref<Held>> {
    return await this.within(this.here, (context) => {
      const child = context.spawn(holder, { name: `holder${crypto.randomUUID()}` });
      context.tell(child, { type: "hold", value });
      return child;
    });
  }

  relocate(child: Ref<Held>): Promise<Relocated<Held>> {
    return this.within(this.here, (context) => context.relocate(child, "there", { kind: "holder", timeoutMs: 1000 }));
  }

  /** Paths of the actors on a device, the host aside. */
  paths(system: ActorSystem): string[] {
    return system.inspect.snapshot().map(({ path }) => path).filter((path) => path !== "/host");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.here.stop();
    await this.there.stop();
  }
}

test("a state of several megabytes comes in pieces, its arrays as they were", async () => {
  await using pair = new Pair();
  await pair.open();
  const values = Float32Array.from({ length: 1_000_000 }, (_, index) => index / 3);
  const moved = await pair.relocate(await pair.hold({ values, of: ["a", 1, null] }));
  assert.equal(moved.type, "moved");
  assert.deepEqual(pair.states, [{ values, of: ["a", 1, null] }]);
  assert.deepEqual(pair.paths(pair.here), []);
  assert.deepEqual(pair.paths(pair.there), ["/host/holder1"]);
});

for (
  const [why, take, reason] of [
    ["nobody there takes its kind in", undefined, /nobody takes "holder" in/],
    ["the parent there refuses its device", ({ from, refuse }) => refuse(`not from ${from}`), /not from here/],
    ["its state makes no sense there", ({ admit }) => admit(() => assert.fail("nonsense"), arrived), /nonsense/],
    ["nobody there decides", () => {}, /no answer in 1000 ms/],
  ] as readonly (readonly [string, ((offer: Offer<Host>) => void) | undefined, RegExp])[]
) {
  test(`an actor stays where ${why}, and handles what it was told meanwhile`, async () => {
    await using pair = new Pair();
    if (take !== undefined) {
      pair.take = take;
      await pair.open();
    }
    const ref = await pair.hold("kept");
    const relocating = pair.relocate(ref);
    pair.here.tell(ref, { type: "note", value: "meanwhile" });
    const outcome = await relocating;
    assert.match(outcome.type === "stayed" ? outcome.reason : outcome.type, reason);
    await pair.clock.advance(20_000);
    assert.deepEqual(pair.paths(pair.there), []);
    assert.equal(await pair.within(pair.here, async (context) => (await context.handOver(ref)).state), "meanwhile");
  });
}

test("a state that is no plain data is a mistake, one that is too large is not: the actor stays", async () => {
  await using pair = new Pair();
  await pair.open();
  const odd = await pair.hold(() => {});
  await assert.rejects(pair.relocate(odd), TypeError);
  const large = await pair.relocate(await pair.hold(new Uint8Array(65 * 1024 * 1024)));
  assert.match(large.type === "stayed" ? large.reason : large.type, /too large/);
  assert.equal(pair.paths(pair.here).length, 2);
  assert.deepEqual(pair.paths(pair.there), []);
});

test("a parent that ends takes its children out of a relocation: they live nowhere", async () => {
  await using pair = new Pair();
  await pair.open();
  const ref = await pair.hold("kept");
  pair.network.shape("here", "there", { latencyMs: 100 });
  const relocating = pair.within(pair.here, (context) => {
    const relocated = context.relocate(ref, "there", { kind: "holder" });
    context.after(550, { type: "do", action: () => void context.stop(ref) });
    return relocated;
  });
  assert.equal((await relocating).type, "stayed");
  await pair.clock.advance(1000);
  assert.deepEqual([...pair.paths(pair.here), ...pair.paths(pair.there)], []);
});

test("an actor whose handler goes on too long is not handed over, and one about which nothing is said stays by itself", async () => {
  await using pair = new Pair();
  const gate = Promise.withResolvers<void>();
  const busy: Behaviour<number, Held> = {
    start: (_, brought) => brought as number ?? 0,
    async receive(count, { type }) {
      if (type === "hold") await gate.promise;
      return next(count + 1);
    },
    leave: (count) => count,
  };
  const ref = await pair.within(pair.here, (context) => context.spawn(busy, { name: "busy" }));
  pair.here.tell(ref, { type: "hold", value: 1 });
  await assert.rejects(
    pair.within(pair.here, (context) => context.handOver(ref, { leaveMs: 300 })),
    /not ready to leave/,
  );
  gate.resolve();
  const over: HandOver = await pair.within(pair.here, (context) => context.handOver(ref, { waitMs: 500 }));
  pair.here.tell(ref, { type: "note", value: 2 });
  await pair.clock.advance(600);
  assert.equal(over.waits, false);
  assert.throws(() => over.stay(), /waits no more/);
  assert.equal(await pair.within(pair.here, async (context) => (await context.handOver(ref)).state), 2);
});

test("a peer that forges relocations leaves nothing behind, and what it can have on its way is bounded", async () => {
  await using pair = new Pair();
  await pair.open();
  const peer = pair.network.join("peer");
  const answers: unknown[] = [];
  peer.onFrame((_, __, frame) => {
    const [, , answer] = decode(frame) as unknown[];
    answers.push((answer as { type: string }).type ?? answer);
  });
  let asked = 0;
  const say = async (message: unknown) => {
    peer.send("there", "tensors", encode([1, "?arrivals", "*", message, `ask${++asked}`, 5000]));
    await pair.clock.advance(5);
    return answers.splice(0);
  };
  const piece = new Uint8Array(10);
  assert.deepEqual(await say({ type: "commit", id: "x" }), ["unknown"]);
  assert.deepEqual(await say({ type: "state", id: "x", total: 10, at: 0, piece }), ["unknown"]);
  assert.deepEqual(await say({ type: "offer", id: "x", kind: "else", note: null }), ["refused"]);
  // Out of turn, and a commit before there is anything to start: each ends it.
  assert.deepEqual(await say({ type: "offer", id: "x", kind: "holder", note: null }), ["admitted"]);
  assert.deepEqual(await say({ type: "state", id: "x", total: 30, at: 10, piece }), ["refused"]);
  assert.deepEqual(await say({ type: "state", id: "x", total: 10, at: 0, piece }), ["unknown"]);
  assert.deepEqual(await say({ type: "offer", id: "y", kind: "holder", note: null }), ["admitted"]);
  assert.deepEqual(await say({ type: "commit", id: "y" }), ["unknown"]);
  // More bytes than any state has, and bytes that are no frame of plain data.
  assert.equal((await say({ type: "state", id: "z", total: 2 ** 40, at: 0, piece })).length, 1);
  assert.deepEqual(await say({ type: "offer", id: "z", kind: "holder", note: null }), ["admitted"]);
  assert.deepEqual(await say({ type: "state", id: "z", total: 10, at: 0, piece }), ["refused"]);
  for (let n = 0; n < 16; n++) await say({ type: "offer", id: `o${n}`, kind: "holder", note: null });
  assert.deepEqual(await say({ type: "offer", id: "o16", kind: "holder", note: null }), ["refused"]);
  // Silence ends them.
  await pair.clock.advance(11_000);
  assert.deepEqual(await say({ type: "offer", id: "o16", kind: "holder", note: null }), ["admitted"]);
  assert.deepEqual(pair.states, []);
  assert.deepEqual(pair.paths(pair.there), []);
});

function arrived(child: Ref<never>): Host {
  return { type: "arrived", child };
}

/** Has what `action` throws at once reject like all else. */
async function attempt<T>(action: () => T | Promise<T>): Promise<T> {
  return await action();
}
