/**
 * Days in seconds: balancers and an acting leader as they are, on three devices whose steps are drawn, window by window.
 * Nothing is computed, so what would run for a day runs in moments.
 */
import { type ActivePlan, comparePlans, noModels } from "../../../actors/plan.ts";
import { manifest, policy, report, segments, stage } from "../acting-stage.ts";
import { RATES, type SimulatedMachine, simulatedMachine, WINDOW_MILLISECONDS } from "./simulated-machine.ts";

const DEVICES = ["a", "b", "c"] as const;
/** Windows until the plan rests on what was measured, and not on guesses: a leader that minds noise waits for some. */
const WARM = 60;
/** Processors to which rows gain nothing from each other, so that four answers fill three devices. */
const ROWS_ONE_BY_ONE = ([1, 2, 4, 8, 16] as const).map((rows) => ({ rows, steps: 31, layerMilliseconds: rows }));
/** What a token takes beyond computing. */
const LINKS_MILLISECONDS = 2;

export interface Weather {
  /** How many times slower a device is in a window. */
  readonly window: (device: string, window: number) => number;
  /** And in a step of it. */
  readonly step: () => number;
  /** How much of an elastic model of four levels runs in a step of a window. Default: all. */
  readonly level?: (window: number, step: number) => number;
}

export interface Days {
  /** Plans that came into force after the first, with the window of each. */
  readonly moves: { readonly window: number; readonly segments: readonly string[] }[];
  /** What the leader explained. */
  readonly words: readonly string[];
  /** The plan in force. */
  readonly segments: () => readonly string[];
  readonly machines: readonly SimulatedMachine[];
  /** Lets so many windows pass. */
  pass(windows: number): Promise<void>;
}

/** Devices that share the model for throughput, under a leader that has planned. */
export async function simulatedDays(weather: Weather, usableBytes = 1.6e9): Promise<Days> {
  const words: string[] = [];
  const explain = (step: string, reason: string) => void words.push(`${step}: ${reason}`);
  const { acting, offer, wait, solve, load, state, questions, now } = stage([...DEVICES], noModels(""), { explain });
  const machines = DEVICES.map((device) => simulatedMachine(device, { now, after: () => () => {} }));
  const tellReport = ({ device, work }: SimulatedMachine) => {
    const blocks = work.of(manifest.id);
    acting.reported(
      report(device, {
        usableBytes,
        totalBytes: 4e9,
        rates: RATES,
        work: blocks.length === 0 ? [] : [{ model: manifest.id, blocks, batches: ROWS_ONE_BY_ONE }],
        links: DEVICES.filter((other) => other !== device).map((from) => {
          return { from, roundTripMilliseconds: 1, bytesPerSecond: 1e8 };
        }),
      }),
      now(),
    );
  };
  const settle = async () => {
    if (questions.length > 0) await solve();
    load();
  };
  const plan = (): ActivePlan => {
    const standing = state();
    if (standing.type === "waiting") throw new Error(`There is no plan: ${standing.reason}`);
    return standing.plan;
  };
  for (const machine of machines) tellReport(machine);
  offer("a", manifest, { ...policy, objective: "throughput", concurrency: 4 }, true, 0);
  wait(500);
  await settle();
  const moves: { window: number; segments: readonly string[] }[] = [];
  let passed = 0;
  let tokenMilliseconds = 20;
  const days: Days = {
    moves,
    words,
    machines,
    segments: () => segments(state()),
    async pass(windows) {
      for (const end = passed + windows; passed < end; passed++) {
        const before = plan();
        const steps = machines.map((machine) => {
          const slowness = weather.window(machine.device, passed);
          const level = (step: number) => weather.level?.(passed, step) ?? 4;
          return machine.run(before, () => slowness * weather.step(), tokenMilliseconds, level);
        });
        tokenMilliseconds = LINKS_MILLISECONDS + steps.reduce((sum, step) => sum + step, 0);
        wait(WINDOW_MILLISECONDS);
        await settle();
        for (const machine of machines) {
          for (const word of await machine.look(before)) {
            if (word.type === "pace") acting.paced(word.pace, now());
            else {
              tellReport(machine);
              acting.proposed(word.proposal, now());
            }
          }
          if (passed % 2 === 1) tellReport(machine);
        }
        wait(250);
        await settle();
        if (comparePlans(plan().number, before.number) !== 0) {
          moves.push({ window: passed, segments: segments(state()) });
        }
      }
    },
  };
  await days.pass(WARM);
  moves.length = words.length = passed = 0;
  return days;
}
