import assert from "node:assert/strict";
import test from "node:test";
import { type SimulatedClock, simulatedClock } from "../../runtime/clock.ts";
import type { Channel } from "../../runtime/transport.ts";
import { frameStart, type Kind } from "../../runtime/mesh/frames.ts";
import type { Link, LinkListener } from "../../runtime/mesh/link.ts";
import { MAX_CONTROL_FRAME, MAX_CONTROL_QUEUE, SILENCE_LIMIT, WAKING } from "../../runtime/mesh/limits.ts";
import { createSleepMeter, createStallMeter } from "../../runtime/mesh/liveness.ts";
import { createSession, type Ending, type Session } from "../../runtime/mesh/session.ts";

interface Side {
  readonly session: Session;
  readonly log: string[];
  ending: Ending | undefined;
}

function side(clock: SimulatedClock, opener: boolean, protocol = 1): Side {
  const log: string[] = [];
  const result: Side = {
    log,
    ending: undefined,
    session: createSession({
      device: opener ? "listener" : "opener",
      address: "/memory",
      opener,
      hello: { protocol, name: opener ? "opener" : "listener", version: "1.2.3" },
      clock,
      onUp: ({ name }) => log.push(`up ${name}`),
      onFrame: (channel, frame) => log.push(`${channel} ${frame.join()}`),
      onChange: ({ epoch }) => log.push(`change ${epoch}`),
      onMembers: (members) => log.push(`members ${members.length}`),
      onEnd: (ending) => {
        log.push(`end ${ending.why}`);
        result.ending = ending;
      },
    }),
  };
  return result;
}

/** Two ends of a stream; bytes wait until the other end listens. */
function pipe(): [Link, Link] {
  const ends = [0, 1].map(() => ({ listener: undefined as LinkListener | undefined, waiting: [] as Uint8Array[] }));
  const make = (own: number): Link => ({
    write(bytes) {
      const other = ends[1 - own];
      if (other?.listener === undefined) other?.waiting.push(bytes);
      else other.listener.onBytes(bytes);
      return true;
    },
    listen(listener) {
      const end = ends[own];
      if (end === undefined) return;
      end.listener = listener;
      for (const bytes of end.waiting.splice(0)) listener.onBytes(bytes);
    },
  });
  return [make(0), make(1)];
}

function connect(opener: Side, listener: Side, channels: readonly Channel[] = ["control", "tensors"]): void {
  for (const channel of channels) {
    const [a, b] = pipe();
    listener.session.attach(channel, b);
    opener.session.attach(channel, a);
  }
}

/** A listener that is up, and its opener, which has not got its end of the second stream yet. */
function answered() {
  const [opener, listener] = [side(simulatedClock(), true), side(simulatedClock(), false)];
  const [control, tensors] = [pipe(), pipe()];
  listener.session.attach("control", control[1]);
  listener.session.attach("tensors", tensors[1]);
  opener.session.attach("control", control[0]);
  return { opener, listener, attachTensors: () => opener.session.attach("tensors", tensors[0]) };
}

/** A listener's session whose other end is in the test's hands. */
function byHand(clock: SimulatedClock): { own: Side; say(kind: Kind, payload: Uint8Array | string): void } {
  const own = side(clock, false);
  const [mine, theirs] = pipe();
  own.session.attach("control", mine);
  own.session.attach("tensors", pipe()[0]);
  return {
    own,
    say(kind, payload) {
      const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
      theirs.write(frameStart(kind, bytes, Infinity));
    },
  };
}

const HELLO = JSON.stringify({ protocol: 1, name: "peer" });

test("a session is up on both sides after hellos and both streams, and carries frames at once", () => {
  const clock = simulatedClock();
  const [opener, listener] = [side(clock, true), side(clock, false)];
  connect(opener, listener, ["control"]);
  assert.deepEqual([opener.log, listener.log], [[], []]);
  connect(opener, listener, ["tensors"]);
  assert.deepEqual([opener.log, listener.log], [["up listener"], ["up opener"]]);
  assert.equal(opener.session.send("tensors", Uint8Array.of(1, 2)), "sent");
  assert.equal(listener.session.send("control", Uint8Array.of(3)), "sent");
  assert.deepEqual([opener.log[1], listener.log[1]], ["control 3", "tensors 1,2"]);
  assert.equal(opener.session.peer()?.bytesSent, listener.session.peer()?.bytesReceived);
});

test("what the other side sends right behind its answer waits until the opener has both streams, and is no garbage", () => {
  const { opener, listener, attachTensors } = answered();
  for (const byte of [1, 2]) assert.equal(listener.session.send("control", Uint8Array.of(byte)), "sent");
  assert.deepEqual([opener.log, opener.session.isUp()], [[], false]);
  attachTensors();
  assert.deepEqual(opener.log, ["up listener", "control 1", "control 2"]);
});

test("more than a queue of it is refused, and so is what an opener sends before it is answered", () => {
  const { opener, listener } = answered();
  for (let bytes = 0; bytes <= MAX_CONTROL_QUEUE; bytes += MAX_CONTROL_FRAME) {
    listener.session.send("control", new Uint8Array(MAX_CONTROL_FRAME));
  }
  assert.deepEqual(opener.log, ["end rejected"]);
  const own = side(simulatedClock(), false);
  const [mine, theirs] = pipe();
  own.session.attach("control", mine);
  theirs.write(frameStart("hello", new TextEncoder().encode(HELLO), Infinity));
  theirs.write(frameStart("payload", Uint8Array.of(1), Infinity));
  assert.deepEqual(own.log, ["end rejected"]);
});

test("a session that is not up in time ends, and one without a hello carries nothing", async () => {
  const clock = simulatedClock();
  const { own } = byHand(clock);
  assert.equal(own.session.send("control", Uint8Array.of(1)), "unreachable");
  await clock.advance(10_000);
  assert.deepEqual(own.log, ["end lost"]);
});

test("different protocol versions are refused on both sides, with both numbers in the sentence", () => {
  const clock = simulatedClock();
  const [opener, listener] = [side(clock, true, 1), side(clock, false, 2)];
  connect(opener, listener);
  for (const { ending } of [opener, listener]) {
    assert.equal(ending?.why, "version");
    assert.match(ending?.sentence ?? "", /version 1.*version 2|version 2.*version 1/);
  }
});

test("a goodbye ends the other side's session at once", () => {
  const clock = simulatedClock();
  const [opener, listener] = [side(clock, true), side(clock, false)];
  connect(opener, listener);
  opener.session.end({ why: "stopped", sentence: "this device stopped" });
  assert.equal(listener.ending?.why, "left");
});

test("a peer is down after a silence of less than two seconds, not before", async () => {
  const clock = simulatedClock();
  const { own, say } = byHand(clock);
  say("hello", HELLO);
  await clock.advance(SILENCE_LIMIT - 1);
  own.session.checkSilence(0);
  assert.deepEqual(own.log, ["up peer"]);
  await clock.advance(1);
  own.session.checkSilence(0);
  assert.deepEqual(own.log, ["up peer", "end silent"]);
});

test("what this device itself did not listen is not counted as the peer's silence", async () => {
  const clock = simulatedClock();
  const { own, say } = byHand(clock);
  const stalled = createStallMeter(250, clock.now());
  say("hello", HELLO);
  await clock.advance(60_000);
  own.session.checkSilence(stalled(clock.now()));
  assert.deepEqual(own.log, ["up peer"]);
  for (let check = 0; check < 7; check++) {
    await clock.advance(250);
    own.session.checkSilence(stalled(clock.now()));
  }
  assert.deepEqual(own.log, ["up peer", "end silent"]);
});

test("after a sleep a peer that does not answer at once is down, and one that does is not", async () => {
  const clock = simulatedClock();
  for (const answers of [true, false]) {
    const { own, say } = byHand(clock);
    say("hello", HELLO);
    own.session.doubt();
    await clock.advance(WAKING - 1);
    own.session.checkSilence(0);
    assert.deepEqual(own.log, ["up peer"]);
    if (answers) say("pong", new Uint8Array([1, 0, 0, 0]));
    await clock.advance(1);
    own.session.checkSilence(0);
    assert.deepEqual(own.log, answers ? ["up peer"] : ["up peer", "end silent"]);
  }
});

test("a sleep is noticed by the steady clock or by the wall clock, whichever went on; a clock set back is none", () => {
  let [now, wall] = [0, 1e12];
  const slept = createSleepMeter(250, { now: () => now, wall: () => wall });
  const pass = (steady: number, shown: number) => {
    [now, wall] = [now + steady, wall + shown];
    return slept();
  };
  assert.deepEqual([pass(250, 250), pass(260, 255)], [0, 10]);
  assert.equal(pass(250, 3_600_250), 3_600_000, "suspended: the steady clock stood still");
  assert.equal(pass(5250, 5250), 5000, "stopped, or busy");
  assert.deepEqual([pass(250, -3_600_000), pass(250, 250)], [0, 0]);
});

test("heartbeats measure the round trip as a median", async () => {
  const clock = simulatedClock();
  const { own, say } = byHand(clock);
  say("hello", HELLO);
  assert.equal(own.session.peer()?.roundTripMs, undefined);
  for (const [index, milliseconds] of [3, 900, 5, 4, 6].entries()) {
    await clock.advance(500);
    own.session.heartbeat();
    await clock.advance(milliseconds);
    say("pong", Uint8Array.of(index + 1, 0, 0, 0));
  }
  say("pong", Uint8Array.of(1, 0, 0, 0));
  assert.equal(own.session.peer()?.roundTripMs, 5);
});

test("a peer that was just heard is pinged only as often as the round trip must be measured", async () => {
  const clock = simulatedClock();
  const pings = { opener: 0, listener: 0 };
  const [opener, listener] = [side(clock, true), side(clock, false)];
  for (const channel of ["control", "tensors"] as const) {
    const [a, b] = pipe();
    listener.session.attach(channel, counted(b, () => pings.listener++));
    opener.session.attach(channel, counted(a, () => pings.opener++));
  }
  await clock.advance(500);
  for (let n = 0; n < 20; n++) {
    opener.session.heartbeat();
    await clock.advance(100);
    listener.session.heartbeat();
    await clock.advance(400);
  }
  assert.equal(pings.opener, 20);
  assert.equal(pings.listener, 5);
  for (let n = 0; n < 4; n++) {
    await clock.advance(500);
    listener.session.heartbeat();
  }
  assert.equal(pings.listener, 9);
  assert.notEqual(listener.session.peer()?.roundTripMs, undefined);
});

/** A link that counts the pings written to it. */
function counted(link: Link, onPing: () => void): Link {
  return {
    listen: (listener) => link.listen(listener),
    write(bytes) {
      if (bytes.length === 9 && bytes[4] === 1) onPing();
      return link.write(bytes);
    },
  };
}

test("garbage ends the session as rejected", () => {
  const bad: [Kind, Uint8Array | string][][] = [
    [["payload", "before the hello"]],
    [["hello", "no json"]],
    [["hello", "{}"]],
    [["hello", JSON.stringify({ protocol: 1, name: "" })]],
    [["hello", JSON.stringify({ protocol: 1, name: "\u001b[2J" })]],
    [["hello", JSON.stringify({ protocol: 1, name: "x".repeat(65) })]],
    [["hello", `{"protocol":1,"name":"x","filler":"${"x".repeat(20_000)}"}`]],
    [["hello", HELLO], ["hello", HELLO]],
    [["hello", HELLO], ["ping", Uint8Array.of(1)]],
    [["hello", HELLO], ["members", "[1]"]],
    [["hello", HELLO], ["members", JSON.stringify(Array(65).fill({ device: "1".repeat(40), addresses: [] }))]],
    [["hello", HELLO], ["goodbye", "[]"]],
    [["hello", HELLO], ["payload", new Uint8Array(1024 * 1024 + 1)]],
  ];
  for (const frames of bad) {
    const { own, say } = byHand(simulatedClock());
    for (const [kind, payload] of frames) say(kind, payload);
    assert.equal(own.ending?.why, "rejected", JSON.stringify(frames.map(([kind]) => kind)));
    assert.match(own.ending.sentence, /^it sent a /);
  }
});

test("a frame larger than the channel allows is not taken, and the session goes on", () => {
  const clock = simulatedClock();
  const [opener, listener] = [side(clock, true), side(clock, false)];
  connect(opener, listener);
  assert.equal(opener.session.send("control", new Uint8Array(1024 * 1024 + 1)), "too-large");
  assert.equal(opener.session.send("tensors", new Uint8Array(32 * 1024 * 1024 + 1)), "too-large");
  assert.equal(opener.session.send("control", Uint8Array.of(7)), "sent");
  assert.deepEqual(listener.log, ["up opener", "control 7"]);
});
