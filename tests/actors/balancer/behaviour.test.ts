/** The balancer as an actor: what it says to whom, and what it takes from whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { balancer, type BalancerOptions } from "../../../actors/balancer/behaviour.ts";
import { acceptBalancerMessage, type BalancerMessage } from "../../../actors/balancer/protocol.ts";
import { BalanceRecord } from "../../../actors/balancer/record.ts";
import type { DeviceEvent } from "../../../actors/events.ts";
import { acceptLeaderMessage, type LeaderMessage } from "../../../actors/leader/protocol.ts";
import type { MonitorMessage } from "../../../actors/monitor/protocol.ts";
import { COLD_STEPS } from "../../../actors/monitor/segment-work.ts";
import { WorkTimes } from "../../../actors/monitor/work-times.ts";
import { createLoopback } from "../../../runtime/actor/loopback.ts";
import { createActorSystem } from "../../../runtime/actor/mod.ts";
import { type SimulatedClock, simulatedClock } from "../../../runtime/clock.ts";
import { recorder, spawnCast } from "../recorder.ts";
import { planOf, splitAt } from "./plans.ts";

const WINDOW = 5000;
const GIGA = 2 ** 30;

interface Scene {
  readonly clock: SimulatedClock;
  readonly balance: BalanceRecord;
  readonly events: readonly DeviceEvent[];
  readonly machine: { availableBytes: number; othersBusy: number; trial: number };
  readonly tell: (message: BalancerMessage) => void;
  readonly urged: () => Extract<MonitorMessage, { type: "urge" }>["proposal"][];
  readonly paces: () => Extract<LeaderMessage, { type: "pace" }>["pace"][];
  /** Lets so many windows pass in which a holds blocks 0 to 3 and each takes so long. */
  work(windows: number, blockMilliseconds: number): Promise<void>;
}

/** The plan expects 4 ms of the four blocks that a holds. */
const PLAN = {
  ...planOf(1, splitAt(4)),
  forecast: {
    promptTokens: 128,
    ttftMilliseconds: 100,
    tpotMilliseconds: 10,
    tokensPerSecond: 100,
    bottleneck: "",
    solver: "exact",
    gap: 0,
    proofs: [],
    verdict: "",
    stages: [{ device: "a", decodeMilliseconds: 4, usableBytes: GIGA }],
    links: [],
  },
};

async function scene(action: (scene: Scene) => Promise<void>, more: Partial<BalancerOptions> & { on?: boolean } = {}) {
  const clock = simulatedClock();
  await using system = createActorSystem({ device: "a", clock, transport: createLoopback().join("a") });
  const [leader, monitor] = [recorder<LeaderMessage>(), recorder<MonitorMessage>()];
  spawnCast(system, { leader: leader.behaviour, monitor: monitor.behaviour });
  const { on = true, ...rest } = more;
  const [work, balance] = [new WorkTimes(), new BalanceRecord(clock, on)];
  const events: DeviceEvent[] = [];
  const machine = { availableBytes: 4 * GIGA, othersBusy: 0, trial: 1 };
  const rates = (decodeNanosecondsPerByte: number) => {
    return Promise.resolve({ decodeNanosecondsPerByte, prefillNanosecondsPerMultiplyAdd: 1 });
  };
  const ref = system.spawn(
    balancer({
      device: "a",
      clock,
      host: {
        readMemory: () => Promise.resolve({ totalBytes: 8 * GIGA, availableBytes: machine.availableBytes }),
        readFreeDisk: () => Promise.resolve(0),
        readSensors: () => Promise.resolve({ cores: 1, load: 0 }),
        readContention: () => Promise.resolve({ othersBusy: machine.othersBusy }),
        processBytes: () => 0,
      },
      work,
      balance,
      yields: true,
      rates: () => rates(1),
      probe: () => rates(machine.trial),
      announce: (event) => events.push(event),
      ...rest,
    }),
    { name: "balancer" },
  );
  const record = work.begin({ model: PLAN.model.id, first: 0, last: 3, kinds: ["embed", "layer", "layer", "layer"] });
  const run = (steps: number, took: number) => {
    for (let step = 0; step < steps; step++) {
      const times = { rows: 1, tokens: 1, blockMilliseconds: Array<number>(4).fill(took), stepMilliseconds: 4 * took };
      record({ ...times, queueMilliseconds: [0], at: clock.now() + 10 * step, sequences: [1] });
    }
  };
  run(COLD_STEPS, 1);
  const tell = (message: BalancerMessage) => system.tell(ref, message);
  tell({ type: "published", leader: "a", state: { models: [{ type: "active", plan: PLAN }], reason: "" } });
  await clock.advance(0);
  await action({
    clock,
    balance,
    events,
    machine,
    tell,
    urged: () => monitor.of("urge").map(({ proposal }) => proposal),
    paces: () => leader.of("pace").map(({ pace }) => pace),
    async work(windows, blockMilliseconds) {
      for (let window = 0; window < windows; window++) {
        run(30, blockMilliseconds);
        await clock.advance(WINDOW);
      }
    },
  });
}

test("what lasts three windows is proposed by way of the monitor, told to the owner and shown", async () => {
  await scene(async ({ work, urged, events, balance }) => {
    await work(2, 3);
    assert.deepEqual(urged(), []);
    await work(1, 3);
    const [proposal] = urged();
    assert.deepEqual([proposal?.device, proposal?.reason, proposal?.number], ["a", "slower", PLAN.number]);
    assert.deepEqual([proposal?.measured, proposal?.predicted], [12, 4]);
    assert.ok(Math.abs((proposal?.tokensPerSecond ?? 0) - 6) < 0.5);
    assert.match(
      events[0]?.type === "balance" ? events[0].reason : "",
      /^this device takes 12.00 ms a step where the plan/,
    );
    const { windows, ratio, finding, proposal: said } = balance.view();
    assert.deepEqual([windows, ratio, finding], [3, 3, "slower than planned"]);
    assert.match(said?.text ?? "", /^this device takes/);
  });
});

test("a device in balance proposes nothing; the first segment's tells how tokens come", async () => {
  await scene(async ({ work, urged, paces, balance }) => {
    await work(5, 1.1);
    assert.deepEqual(urged(), []);
    assert.equal(paces().length, 5);
    assert.equal(paces()[0]?.tokenMilliseconds, 10);
    assert.equal(balance.view().finding, "in balance");
  });
});

test("a balancer that is switched off measures and proposes nothing", async () => {
  await scene(async ({ work, urged, balance }) => {
    await work(6, 3);
    assert.deepEqual(urged(), []);
    assert.deepEqual([balance.view().on, balance.view().ratio], [false, 3]);
  }, { on: false });
});

test("an owner who needs memory, and then does not, is told to the leader both times", async () => {
  await scene(async ({ clock, machine, urged, tell, balance }) => {
    const segments = PLAN.segments.map((segment) => ({ ...segment, bytes: GIGA }));
    tell({
      type: "published",
      leader: "a",
      state: { models: [{ type: "active", plan: { ...PLAN, segments } }], reason: "" },
    });
    machine.availableBytes = 0;
    await clock.advance(3 * WINDOW);
    assert.deepEqual(urged().map(({ reason }) => reason), ["needs-memory"]);
    assert.ok((balance.owner.mostBytes ?? GIGA) < GIGA);
    assert.equal(balance.view().yielding, "memory");
    machine.availableBytes = 6 * GIGA;
    await clock.advance(12 * WINDOW);
    assert.deepEqual(urged().map(({ reason }) => reason), ["needs-memory", "done-memory"]);
  });
});

test("a processor that its owner keeps busy is yielded, and steps are not judged meanwhile", async () => {
  await scene(async ({ machine, work, urged, balance }) => {
    machine.othersBusy = 0.9;
    await work(3, 1);
    assert.deepEqual(urged().map(({ reason }) => reason), ["needs-processor"]);
    await work(6, 9);
    assert.equal(urged().length, 1);
    assert.equal(balance.view().finding, "yields to its owner");
  });
  await scene(async ({ machine, work, urged }) => {
    machine.othersBusy = 0.9;
    await work(6, 1);
    assert.deepEqual(urged(), []);
  }, { yields: false });
});

test("a device that lost its blocks for being slow tries itself, and says so once it is as fast as before", async () => {
  await scene(async ({ clock, machine, work, urged, tell }) => {
    await work(3, 3);
    machine.trial = 3;
    const without = planOf(2, [{ device: "b", first: 0, last: 7 }]);
    tell({ type: "published", leader: "a", state: { models: [{ type: "active", plan: without }], reason: "" } });
    await clock.advance(120_000);
    assert.equal(urged().length, 1, "it is still slow");
    machine.trial = 1;
    await clock.advance(240_000);
    assert.deepEqual(urged().map(({ reason }) => reason), ["slower", "recovered"]);
  });
});

test("verdicts are taken from the device that leads, and shown", async () => {
  await scene(async ({ clock, tell, balance }) => {
    const verdict = { type: "verdict", number: PLAN.number, verdict: "staying", why: "nothing is better" } as const;
    tell({ ...verdict, leader: "eve" });
    await clock.advance(0);
    assert.equal(balance.view().verdict, undefined);
    tell({ ...verdict, leader: "a" });
    await clock.advance(0);
    assert.equal(balance.view().verdict?.text, "nothing is better");
  });
});

test("proposals, paces and verdicts speak for their sender alone", () => {
  const proposal = {
    device: "ann",
    number: PLAN.number,
    reason: "slower",
    measured: 2,
    predicted: 1,
    tokensPerSecond: 9,
  };
  const pace = { device: "ann", number: PLAN.number, sequences: 1, tokenMilliseconds: 9 };
  const verdict = { type: "verdict", leader: "ann", number: PLAN.number, verdict: "moving", why: "" };
  for (const message of [{ type: "propose", proposal }, { type: "pace", pace }]) {
    assert.equal(acceptLeaderMessage(message, "ann").type, message.type);
    assert.throws(() => acceptLeaderMessage(message, "eve"), /eve speaks for ann/);
  }
  assert.equal(acceptBalancerMessage(verdict, "ann").type, "verdict");
  assert.throws(() => acceptBalancerMessage(verdict, "eve"), /eve speaks for ann/);
  assert.throws(() => acceptBalancerMessage({ type: "published", leader: "eve", state: { models: [] } }, "eve"));
});
