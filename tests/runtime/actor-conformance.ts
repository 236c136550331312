/** What docs/actors.md promises of every ref, wherever its actor lives. Run it with a set-up for each kind of place. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { next, type Ref, type SpawnOptions, stop } from "../../runtime/actor/mod.ts";
import { chaos } from "./actor-chaos.ts";
import { accepts, deviceWatcher, echo, LONG, type Probe, probe, terminated } from "./actor-probe.ts";
import type { Place } from "./actor-place.ts";
import { until } from "./until.ts";

export type { Place };

/** Registers the suite's tests; `setUp` makes a fresh place for each. `runs` of the random test, default 40. */
export function conformance(label: string, setUp: () => Promise<Place>, { runs = 40 } = {}): void {
  function check(name: string, body: (place: Place) => Promise<void>): void {
    test(`${label}: ${name}`, async () => {
      await using place = await setUp();
      await body(place);
    });
  }

  check("messages are handled once each, in the order they were told", async ({ near, far }) => {
    const { behaviour, notes } = probe();
    const ref = far.spawn(behaviour, { name: "probe" });
    for (let n = 0; n < 500; n++) near.tell(ref, { type: "note", n });
    await echo(near, ref);
    assert.deepEqual(notes, Array.from({ length: 500 }, (_, n) => n));
  });

  check("an ask ends as the reply, with the value as it was sent", async ({ near, far }) => {
    const ref = far.spawn(probe().behaviour, { name: "probe" });
    const value = {
      text: "grüße",
      numbers: [0, -1, 1.5, 2 ** 40, 1e300],
      nothing: null,
      bytes: new Uint8Array([1, 2, 3]),
      hidden: new Float32Array([0.5, -0.25, Infinity]),
      half: new Uint16Array([0x3c00]),
      ids: new Int32Array([-1, 2 ** 31 - 1]),
      ref,
    };
    assert.deepEqual(await echo(near, ref, value), { type: "reply", value });
  });

  check("an ask that is not answered ends as timeout", async ({ near, far }) => {
    const ref = far.spawn(probe().behaviour, { name: "probe" });
    const outcome = await near.ask(ref, (replyTo) => ({ type: "keep", replyTo }), { timeoutMs: 20 });
    assert.equal(outcome.type, "timeout");
  });

  check("asks end as stopped with their actor, both waiting and taken", async ({ near, far }) => {
    const { behaviour, entered, open } = probe();
    const ref = far.spawn(behaviour, { name: "probe" });
    const taken = near.ask(ref, (replyTo) => ({ type: "keep", replyTo }), LONG);
    near.tell(ref, { type: "wait" });
    const waiting = echo(near, ref);
    await entered;
    await until(() => far.inspect.snapshot()[0]?.mailbox === 1);
    const stopped = far.stop(ref);
    open();
    await stopped;
    assert.equal((await taken).type, "stopped");
    assert.equal((await waiting).type, "stopped");
    assert.equal((await echo(near, ref)).type, "stopped");
  });

  check("an ask whose handling throws ends as crashed, and so do the asks taken before", async ({ near, far }) => {
    const ref = far.spawn(probe().behaviour, { name: "probe", restart: { policy: "transient" } });
    const taken = near.ask(ref, (replyTo) => ({ type: "keep", replyTo }), LONG);
    const crashing = near.ask(ref, (replyTo) => ({ type: "crash asked", replyTo }), LONG);
    assert.equal((await crashing).type, "crashed");
    assert.equal((await taken).type, "crashed");
    assert.equal((await echo(near, ref)).type, "reply");
  });

  check("a full mailbox refuses asks as overloaded and drops what is told", async ({ near, far }) => {
    const { behaviour, notes, entered, open } = probe();
    const ref = far.spawn(behaviour, { name: "probe", mailbox: 2 });
    near.tell(ref, { type: "wait" });
    await entered;
    for (const n of [1, 2, 3]) near.tell(ref, { type: "note", n });
    assert.equal((await echo(near, ref)).type, "overloaded");
    open();
    await until(() => notes.length === 2);
    assert.equal((await echo(near, ref)).type, "reply");
    assert.deepEqual(notes, [1, 2]);
    assert.equal(far.inspect.snapshot()[0]?.overloaded, 2);
  });

  check("a message too large for a frame is dropped and counted, an ask with it has an outcome", async (place) => {
    const { near, far } = place;
    const { behaviour, notes } = probe();
    const ref = far.spawn(behaviour, { name: "probe" });
    const elsewhere = near.device !== far.device;
    const dropped = () => near.inspect.counters().dropped["too-large"];
    const text = "x".repeat(2 * 1024 * 1024);
    // Neither the transport takes these nor, for the last two, the codec.
    const values = [text, new Float32Array(2 ** 19), new Array(1_000_000).fill(0), nested(40)];
    for (const [n, value] of values.entries()) {
      assert.equal((await echo(near, ref, value)).type, elsewhere ? "too-large" : "reply");
      assert.equal(dropped(), elsewhere ? n + 1 : 0);
    }
    near.tell(ref, { type: "note", n: 1 });
    near.tell(ref, { type: "note", n: 2, padding: text } as Probe);
    near.tell(ref, { type: "note", n: 3 });
    assert.equal((await echo(near, ref)).type, "reply");
    assert.deepEqual(notes, elsewhere ? [1, 3] : [1, 2, 3]);
    assert.equal(dropped(), elsewhere ? values.length + 1 : 0);
  });

  check("an answer too large for a frame ends the ask as that", async ({ near, far }) => {
    const ref = far.spawn(probe().behaviour, { name: "probe" });
    const elsewhere = near.device !== far.device;
    const outcome = await near.ask(ref, (replyTo) => ({ type: "inflate", bytes: 2 ** 21, replyTo }), LONG);
    assert.equal(outcome.type, elsewhere ? "too-large" : "reply");
    assert.equal(far.inspect.counters().dropped["too-large"], elsewhere ? 1 : 0);
    assert.equal((await echo(near, ref)).type, "reply");
  });

  check("an ask ends as aborted with its signal, also if that was aborted before", async ({ near, far }) => {
    const ref = far.spawn(probe().behaviour, { name: "probe" });
    const controller = new AbortController();
    const options = { ...LONG, signal: controller.signal };
    const outcome = near.ask(ref, (replyTo) => ({ type: "keep", replyTo }), options);
    controller.abort();
    assert.equal((await outcome).type, "aborted");
    assert.equal((await echo(near, ref, "here", options)).type, "aborted");
  });

  check("an answer that its parse refuses ends the ask as crashed", async ({ near, far }) => {
    const ref = far.spawn(probe().behaviour, { name: "probe" });
    const parse = (value: unknown): unknown => {
      if (typeof value !== "number") throw new TypeError("not a number");
      return value;
    };
    const ask = (value: unknown) => near.ask(ref, (replyTo) => ({ type: "echo", value, replyTo }), { ...LONG, parse });
    assert.deepEqual(await ask(7), { type: "reply", value: 7 });
    assert.equal((await ask("seven")).type, "crashed");
  });

  check("a watcher learns once why an actor ended", async ({ near, far }) => {
    const stopping = far.spawn(probe().behaviour, { name: "stopping" });
    const crashing = far.spawn(probe().behaviour, { name: "crashing" });
    const ends = [terminated(near, stopping), terminated(near, crashing)];
    await Promise.all([echo(near, stopping), echo(near, crashing)]);
    near.tell(stopping, { type: "end" });
    near.tell(crashing, { type: "crash" });
    assert.deepEqual((await Promise.all(ends)).map(({ ref, reason }) => [ref, reason]), [
      [stopping, "stopped"],
      [crashing, "crashed"],
    ]);
    assert.equal((await terminated(near, stopping)).reason, "unknown");
  });

  check("an actor that watches twice is told once, after what the watched told it", async ({ near, far }) => {
    const seen: string[] = [];
    const done = Promise.withResolvers<void>();
    type Seen = { readonly type: "heard" | "gone" | "done" };
    const target = far.spawn<null, { readonly type: "speak"; readonly to: Ref<Seen> }>({
      accepts: (message) => message as { type: "speak"; to: Ref<Seen> },
      start: () => null,
      receive(_, { to }, context) {
        context.tell(to, { type: "heard" });
        return stop();
      },
    }, { name: "target" });
    const watcher = near.spawn<null, Seen | { readonly type: "go" }>({
      accepts: (message) => message as Seen,
      start: () => null,
      receive(_, message, context) {
        seen.push(message.type);
        if (message.type === "go") {
          context.watch(target, () => ({ type: "gone" }));
          context.watch(target, () => ({ type: "gone" }));
          context.tell(target, { type: "speak", to: context.self as Ref<Seen> });
        }
        // A second word would come before the answer to a second watch.
        if (message.type === "gone") context.watch(target, () => ({ type: "done" }));
        if (message.type === "done") done.resolve();
        return next(null);
      },
    }, { name: "watcher" });
    near.tell(watcher, { type: "go" });
    await done.promise;
    assert.deepEqual(seen, ["go", "heard", "gone", "done"]);
  });

  check("after unwatch nothing is heard", async ({ near, far }) => {
    const ref = far.spawn(probe().behaviour, { name: "probe" });
    let heard = 0;
    const unwatch = near.watch(ref, () => heard++);
    const end = terminated(near, ref);
    await echo(near, ref);
    unwatch();
    near.tell(ref, { type: "end" });
    await end;
    assert.equal(heard, 0);
  });

  check(
    "an actor learns once of the loss of a device, at once of one that is not there, of its own never",
    async (place) => {
      const { near, far } = place;
      const heard: string[] = [];
      const watcher = near.spawn(deviceWatcher(heard), { name: "watcher" });
      const watchBoth = () =>
        [far.device, "nowhere"].forEach((device) => near.tell(watcher, { type: "watch", device }));
      watchBoth();
      watchBoth();
      await until(() => heard.length >= 1);
      assert.deepEqual(heard.splice(0), ["nowhere"]);
      assert.equal(near.inspect.counters().framesOut, 0);
      if (place.disconnect === undefined || place.connect === undefined) return;
      await place.disconnect();
      await until(() => heard.length >= 1);
      near.tell(watcher, { type: "watch", device: far.device });
      await until(() => heard.length >= 2);
      assert.deepEqual(heard.splice(0), [far.device, far.device]);
      await place.connect();
      near.tell(watcher, { type: "watch", device: far.device });
      near.tell(watcher, { type: "unwatch", device: far.device });
      await near.ask(watcher, (replyTo) => ({ type: "flush", replyTo }), LONG);
      await place.disconnect();
      await near.ask(watcher, (replyTo) => ({ type: "flush", replyTo }), LONG);
      assert.deepEqual(heard, []);
    },
  );

  check("a ref never reaches a later actor of the same name, a well-known address does", async ({ near, far }) => {
    const { behaviour } = probe();
    const first = far.spawn(behaviour, { name: "probe" });
    await far.stop(first);
    const second = far.spawn(behaviour, { name: "probe" });
    assert.equal((await echo(near, first)).type, "stopped");
    assert.equal((await terminated(near, first)).reason, "unknown");
    assert.equal((await echo(near, second)).type, "reply");
    assert.equal((await echo(near, near.at(far.device, "/probe"))).type, "reply");
    assert.equal((await echo(near, near.at(far.device, "/nobody"))).type, "stopped");
  });

  check("a restart keeps the ref and what waits, and starts from a fresh state", async ({ near, far }) => {
    const { behaviour, notes, starts } = probe();
    const ref = far.spawn(behaviour, { name: "probe", restart: { policy: "transient" } });
    near.tell(ref, { type: "note", n: 1 });
    near.tell(ref, { type: "crash" });
    near.tell(ref, { type: "note", n: 2 });
    assert.equal((await echo(near, ref)).type, "reply");
    assert.deepEqual(notes, [1, 2]);
    assert.equal(starts(), 2);
  });

  const policies: [NonNullable<SpawnOptions["restart"]>["policy"], "crash" | "end", boolean][] = [
    ["temporary", "crash", false],
    ["temporary", "end", false],
    ["transient", "crash", true],
    ["transient", "end", false],
    ["permanent", "crash", true],
    ["permanent", "end", true],
  ];
  for (const [policy, type, again] of policies) {
    check(`a ${policy} actor that is told to ${type} ${again ? "starts anew" : "ends"}`, async ({ near, far }) => {
      const { behaviour, starts } = probe();
      const ref = far.spawn(behaviour, { name: "probe", restart: { policy } });
      await echo(near, ref);
      near.tell(ref, { type });
      const expected = again ? "reply" : type === "crash" ? "crashed" : "stopped";
      const outcome = (await echo(near, ref)).type;
      // The ask may come when the actor has gone already, then nobody knows of the crash any more.
      assert.ok(outcome === expected || (!again && outcome === "stopped"), `${outcome}, not ${expected}`);
      assert.equal(starts(), again ? 2 : 1);
    });
  }

  check("more restarts than allowed end the actor as crashed", async ({ near, far }) => {
    const { behaviour, starts } = probe();
    const restart = { policy: "permanent", restarts: 2, seconds: 60 } as const;
    const ref = far.spawn(behaviour, { name: "probe", restart });
    const end = terminated(near, ref);
    await echo(near, ref);
    for (let n = 0; n < 3; n++) near.tell(ref, { type: "crash" });
    assert.equal((await end).reason, "crashed");
    assert.equal(starts(), 3);
  });

  check("a request may be answered by an actor that it was forwarded to", async ({ near, far }) => {
    const worker = far.spawn(probe().behaviour, { name: "worker" });
    const front = far.spawn<null, Probe>({
      accepts,
      start: () => null,
      receive(_, message, context) {
        context.tell(worker, message);
        return next(null);
      },
    }, { name: "front" });
    assert.deepEqual(await echo(near, front, "forwarded"), { type: "reply", value: "forwarded" });
  });

  check("a lost connection ends asks and watches as unreachable, and what comes back works", async (place) => {
    const { near, far } = place;
    if (place.disconnect === undefined || place.connect === undefined) return;
    const ref = far.spawn(probe().behaviour, { name: "probe" });
    const taken = near.ask(ref, (replyTo) => ({ type: "keep", replyTo }), LONG);
    const end = terminated(near, ref);
    await echo(near, ref);
    await place.disconnect();
    assert.equal((await taken).type, "unreachable");
    assert.equal((await end).reason, "unreachable");
    assert.equal((await echo(near, ref)).type, "unreachable");
    assert.equal((await terminated(near, ref)).reason, "unreachable");
    await place.connect();
    assert.equal((await echo(near, ref)).type, "reply");
  });

  check("order and one outcome for each ask hold under crashes, stops and lost connections", async (place) => {
    const step = fc.constantFrom(
      "tell",
      "tell",
      "tell",
      "ask",
      "ask",
      "keep",
      "crash",
      "end",
      "spawn",
      "break",
      "join",
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        await chaos(place, `probe${run++}`, steps);
      }),
      { numRuns: runs },
    );
  });
}

/** A list in a list, `depth` times. */
function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}
