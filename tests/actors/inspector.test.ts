/** The inspector: what it shows of its device, and that those who do not answer do not stop it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExecutorMessage } from "../../actors/executor/protocol.ts";
import { inspector, type InspectorOptions } from "../../actors/inspector/behaviour.ts";
import { describeEvent } from "../../actors/inspector/describe.ts";
import { EventRing } from "../../actors/inspector/events.ts";
import type { DeviceView } from "../../actors/inspector/protocol.ts";
import { Links } from "../../actors/monitor/links.ts";
import { WorkTimes } from "../../actors/monitor/work-times.ts";
import type { SupervisorMessage } from "../../actors/supervisor/protocol.ts";
import {
  type ActorSystem,
  type AskOutcome,
  type Behaviour,
  createActorSystem,
  next,
  type Ref,
  type Reply,
  reply,
} from "../../runtime/actor/mod.ts";
import { type SimulatedClock, simulatedClock } from "../../runtime/clock.ts";
import { HOST, LOOK } from "./inspected.ts";

/** An executor that says how it does, or says nothing. */
function executor(answers: boolean): Behaviour<null, ExecutorMessage> {
  return {
    start: () => null,
    receive(state, message, context) {
      if (answers && message.type === "look") reply(context, message.replyTo, LOOK);
      return next(state);
    },
  };
}

/** A supervisor that holds two segments, of which the second does not say how it does. */
function holding(answers: boolean): Behaviour<readonly Ref<ExecutorMessage>[], SupervisorMessage> {
  return {
    start: (context) => [
      context.spawn(executor(true), { name: "executor-1" }),
      context.spawn(executor(false), { name: "executor-2" }),
    ],
    receive(state, message, context) {
      if (message.type !== "held" || !answers) return next(state);
      const segments = state.map((ref, index) => {
        return { ref, model: "m", first: index, last: index, bytes: 200, weightBytes: 100 };
      });
      reply(context, message.replyTo, { leader: "a", term: 3, segments });
      return next(state);
    },
  };
}

interface Scene {
  readonly clock: SimulatedClock;
  readonly system: ActorSystem;
  readonly events: EventRing;
  look(milliseconds: number): Promise<AskOutcome<DeviceView>>;
}

async function scene(action: (scene: Scene) => Promise<void>, answers = true): Promise<void> {
  const clock = simulatedClock();
  await using system = createActorSystem({ device: "a", clock });
  const events = new EventRing(clock, 2);
  const options: InspectorOptions = {
    device: "a",
    name: "laptop",
    host: HOST,
    slowdown: 1,
    rates: () => Promise.reject(new Error("there was no trial")),
    peers: () => [{ device: "b", name: "board", roundTripMs: 2 }],
    links: new Links(clock),
    work: new WorkTimes(),
    events,
    inspect: system.inspect,
  };
  system.spawn(holding(answers), { name: "supervisor" });
  const ref = system.spawn(inspector(options), { name: "inspector" });
  await action({
    clock,
    system,
    events,
    async look(milliseconds) {
      const make = (replyTo: Ref<Reply<DeviceView>>) => ({ type: "view" as const, replyTo });
      const outcome = system.ask(ref, make, { timeoutMs: 3000 });
      await clock.advance(milliseconds);
      return await outcome;
    },
  });
}

test("a view tells how each segment does, leaving out those that do not say, and who is linked", async () => {
  await scene(async ({ look }) => {
    const outcome = await look(600);
    assert.ok(outcome.type === "reply");
    const { value } = outcome;
    assert.deepEqual([value.name, value.leader, value.term], ["laptop", "a", 3]);
    assert.deepEqual(value.segments.map(({ first, look }) => [first, look]), [[0, LOOK], [1, undefined]]);
    assert.deepEqual(value.links, [
      { device: "b", name: "board", roundTripMilliseconds: 2, bytesPerSecond: undefined },
    ]);
    assert.equal(value.speed.rates, undefined);
    assert.deepEqual(value.actors.map(({ path }) => path), [
      "/supervisor",
      "/supervisor/executor-1",
      "/supervisor/executor-2",
      "/inspector",
    ]);
  });
});

test("a supervisor that does not answer leaves no wrong view: those who look hear nothing in time", async () => {
  await scene(async ({ look }) => assert.equal((await look(3000)).type, "timeout"), false);
});

test("the latest events are kept, with how long ago they were; those before are counted, progress is not kept", async () => {
  await scene(async ({ clock, events }) => {
    events.record({ type: "leader", device: "a", term: 1 });
    await clock.advance(1000);
    events.record({ type: "waiting", reason: "No model." });
    events.record({ type: "fetching", doneBytes: 1, totalBytes: 2, from: "b" });
    events.record({ type: "released", first: 0, last: 3 });
    assert.equal(events.forgotten, 1);
    await clock.advance(500);
    assert.deepEqual(events.recent(), [
      { millisecondsAgo: 500, type: "waiting", text: "waiting: No model." },
      { millisecondsAgo: 500, type: "released", text: "let go of blocks 0 to 3" },
    ]);
  });
});

test("every event of a device has its sentence", () => {
  const segments = [{ name: "a", first: 0, last: 3 }, { name: "b", first: 4, last: 6 }];
  const sentences = [
    describeEvent({ type: "leader", device: "a", term: 2 }),
    describeEvent({ type: "fetching", doneBytes: 1, totalBytes: 2, from: "b" }),
    describeEvent({ type: "segment", first: 0, last: 3, bytes: 2 ** 20, milliseconds: 7.4 }),
    describeEvent({ type: "standby", first: 4, last: 6, owner: "b" }),
    describeEvent({ type: "plan", term: 2, epoch: 5, model: "story", segments }),
    describeEvent({ type: "balance", step: "staying", reason: "b is slower: nothing moves" }),
    describeEvent({ type: "warning", message: "the disk is full" }),
  ];
  assert.deepEqual(sentences, [
    "a leads in term 2",
    "fetching from b: 1 of 2 bytes",
    "holds blocks 0 to 3 (1.0 MiB), loaded in 7 ms",
    "keeps blocks 4 to 6 of b in reserve",
    "plan 2.5 runs story: a 0-3 > b 4-6",
    "balance: b is slower: nothing moves",
    "the disk is full",
  ]);
});
