/** The monitor as an actor: when it speaks, and what it says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceEvent } from "../../actors/events.ts";
import type { LeaderMessage } from "../../actors/leader/protocol.ts";
import { monitor, type MonitorOptions } from "../../actors/monitor/behaviour.ts";
import { Links } from "../../actors/monitor/links.ts";
import type { MonitorMessage } from "../../actors/monitor/protocol.ts";
import { WorkTimes } from "../../actors/monitor/work-times.ts";
import { createLoopback } from "../../runtime/actor/loopback.ts";
import { createActorSystem, type Ref } from "../../runtime/actor/mod.ts";
import { type SimulatedClock, simulatedClock } from "../../runtime/clock.ts";
import { recorder, spawnCast } from "./recorder.ts";

interface Scene {
  readonly clock: SimulatedClock;
  readonly ref: Ref<MonitorMessage>;
  readonly tell: (message: MonitorMessage) => void;
  readonly reports: () => Extract<LeaderMessage, { type: "report" }>["report"][];
  readonly events: DeviceEvent[];
  readonly machine: { availableBytes: number };
}

const RATES = { decodeNanosecondsPerByte: 0.01, prefillNanosecondsPerMultiplyAdd: 0.01 };

async function scene(action: (scene: Scene) => Promise<void>, more: Partial<MonitorOptions> = {}): Promise<void> {
  const clock = simulatedClock();
  const network = createLoopback();
  await using system = createActorSystem({ device: "a", clock, transport: network.join("a") });
  const leader = recorder<LeaderMessage>();
  spawnCast(system, { leader: leader.behaviour });
  const events: DeviceEvent[] = [];
  const machine = { availableBytes: 1000 };
  const options: MonitorOptions = {
    device: "a",
    name: "laptop",
    clock,
    peers: () => [],
    host: {
      readMemory: () => Promise.resolve({ totalBytes: 4000, ...machine }),
      readFreeDisk: () => Promise.resolve(500),
      readSensors: () => Promise.resolve({ cores: 2, load: 0.5 }),
      processBytes: () => 10,
    },
    slowdown: 1,
    rates: () => Promise.resolve(RATES),
    work: new WorkTimes(),
    links: new Links(clock),
    announce: (event) => events.push(event),
    ...more,
  };
  const ref = system.spawn(monitor(options), { name: "monitor", channel: "tensors" });
  const reports = () => leader.of("report").map(({ report }) => report);
  await action({ clock, ref, tell: (message) => system.tell(ref, message), reports, events, machine });
}

test("a monitor reports once its trial is done: a part of what is free, within the owner's limit", async () => {
  const trial = Promise.withResolvers<typeof RATES>();
  await scene(async ({ clock, reports }) => {
    await clock.advance(5000);
    assert.deepEqual(reports(), [], "no report before the trial");
    trial.resolve(RATES);
    await clock.advance(10);
    assert.equal(reports().length, 1);
    assert.equal(reports()[0]?.usableBytes, 800);
    assert.equal(reports()[0]?.spareDiskBytes, 50);
    assert.deepEqual(reports()[0]?.rates, RATES);
  }, { rates: () => trial.promise });
  await scene(async ({ clock, reports }) => {
    await clock.advance(10);
    assert.equal(reports()[0]?.usableBytes, 300);
  }, { memoryLimitBytes: 300 });
});

test("what loaded segments take counts as usable, since they may go on using it", async () => {
  await scene(async ({ clock, tell, reports, machine }) => {
    await clock.advance(10);
    machine.availableBytes = 200;
    tell({ type: "held", bytes: 800 });
    await clock.advance(2000);
    assert.equal(reports().at(-1)?.usableBytes, 960);
  });
});

test("a monitor says nothing while nothing changes, and repeats itself for a leader that missed it", async () => {
  await scene(async ({ clock, reports, machine }) => {
    await clock.advance(9000);
    assert.equal(reports().length, 1);
    await clock.advance(3000);
    assert.equal(reports().length, 2, "repeated after 10 seconds");
    machine.availableBytes = 2000;
    await clock.advance(2000);
    assert.equal(reports().length, 3, "news is told at the next look");
  });
});

test("a trial that fails is told to the owner, and nothing is reported on guesses", async () => {
  await scene(async ({ clock, reports, events }) => {
    await clock.advance(20_000);
    assert.deepEqual(reports(), []);
    assert.deepEqual(events, [{
      type: "warning",
      message: "How fast this device computes could not be measured: the disk is full",
    }]);
  }, { rates: () => Promise.reject(new Error("the disk is full")) });
});
