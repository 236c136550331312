/** What docs/actors.md promises of messages and asks. */
import assert from "node:assert/strict";
import { next } from "../../runtime/actor/mod.ts";
import type { Check } from "./actor-place.ts";
import { accepts, echo, LONG, type Probe, probe } from "./actor-probe.ts";
import { until } from "./until.ts";

export function checkMessages(check: Check): void {
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
}

/** A list in a list, `depth` times. */
function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}
