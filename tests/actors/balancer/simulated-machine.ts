/** A device whose steps are drawn, with its balancer as it is. */
import { balancer } from "../../../actors/balancer/behaviour.ts";
import type { BalancerMessage, Pace, Proposal } from "../../../actors/balancer/protocol.ts";
import { BalanceRecord } from "../../../actors/balancer/record.ts";
import type { StepTimes } from "../../../actors/executor/behaviour.ts";
import { WorkTimes } from "../../../actors/monitor/work-times.ts";
import { type ActivePlan, comparePlans } from "../../../actors/plan.ts";
import type { Context, Message, Ref } from "../../../runtime/actor/mod.ts";
import type { Clock } from "../../../runtime/clock.ts";

/** Decode steps in a window: few, so that a day is short and each step's noise counts. */
const STEPS = 24;
export const WINDOW_MILLISECONDS = 5000;
/** Of a block on a device as fast as its trial says: a look-up takes next to nothing. */
const costOf = (index: number) => index === 0 ? 0.01 : 1;
export const RATES = { decodeNanosecondsPerByte: 0.01, prefillNanosecondsPerMultiplyAdd: 0.01 };

/** Slices of the model's layers, of which all are sliced but the first, and the share of a layer's time that a level takes. */
const LEVELS = 4;
const shareOf = (index: number, level: number) => index > 1 && index < 7 ? 0.2 + 0.8 * level / LEVELS : 1;

/** What a balancer says. */
export type Word =
  | { readonly type: "urge"; readonly proposal: Proposal }
  | { readonly type: "pace"; readonly pace: Pace };

export interface SimulatedMachine {
  readonly device: string;
  readonly work: WorkTimes;
  readonly balance: BalanceRecord;
  /** Works for a window under a plan; `slowness` and the level are asked for each step. Milliseconds of the mean step. */
  run(plan: ActivePlan, slowness: () => number, tokenMilliseconds: number, level?: (step: number) => number): number;
  /** Lets its balancer look. */
  look(plan: ActivePlan): Promise<Word[]>;
}

/** Starts a device that has the whole model on disk and computes nothing. */
export function simulatedMachine(device: string, clock: Clock): SimulatedMachine {
  const [work, balance] = [new WorkTimes(), new BalanceRecord(clock, true)];
  const words: Word[] = [];
  // A balancer says things and sets its alarm, which rings when `look` is called.
  const context = {
    tell: (_ref: Ref<Message>, message: Word) => void words.push(message),
    after: () => () => {},
  } as unknown as Context<BalancerMessage>;
  const { receive, start } = balancer({
    device,
    clock,
    host: {
      readMemory: () => Promise.resolve({ totalBytes: 4e9, availableBytes: 2e9 }),
      readFreeDisk: () => Promise.resolve(0),
      readSensors: () => Promise.resolve({ cores: 1, load: 0 }),
      processBytes: () => 0,
    },
    work,
    balance,
    yields: true,
    rates: () => Promise.resolve(RATES),
    probe: undefined,
    announce: () => {},
  });
  const state = Promise.resolve(start(context));
  let known: ActivePlan["number"] | undefined;
  let record: (step: StepTimes) => void = () => {};
  return {
    device,
    work,
    balance,
    run(plan, slowness, tokenMilliseconds, level = () => LEVELS) {
      const segment = plan.segments.find((segment) => segment.device === device);
      if (segment === undefined) return 0;
      const { first, last } = segment;
      const indices = Array.from({ length: last - first + 1 }, (_, at) => first + at);
      if (known === undefined || comparePlans(known, plan.number) !== 0) {
        const kinds = indices.map((index) =>
          index === 0 ? "embed" : index === plan.model.blocks - 1 ? "head" : "layer"
        );
        const elastic = { levels: LEVELS, sliced: indices.map((index) => shareOf(index, 1) < 1) };
        record = work.begin({ model: plan.model.id, first, last, kinds, elastic });
        known = plan.number;
      }
      let total = 0;
      for (let step = 0; step < STEPS; step++) {
        const factor = slowness();
        const blockMilliseconds = indices.map((index) => factor * costOf(index) * shareOf(index, level(step)));
        const took = blockMilliseconds.reduce((sum, block) => sum + block, 0);
        total += took;
        record({
          rows: 1,
          tokens: 1,
          blockMilliseconds,
          stepMilliseconds: took + 0.5,
          queueMilliseconds: [0],
          at: clock.now() + step * tokenMilliseconds,
          sequences: [1],
          levels: [level(step)],
        });
      }
      return total / STEPS;
    },
    async look(plan) {
      await receive(await state, {
        type: "published",
        leader: "a",
        state: { models: [{ type: "active", plan }], reason: "" },
      }, context);
      await receive(await state, { type: "look" }, context);
      return words.splice(0);
    },
  };
}
