/** How answers went under the plan in force: what prediction is held against. */
import { Samples } from "../monitor/samples.ts";
import type { PlanNumber } from "../plan.ts";
import type { Timings } from "./protocol.ts";

/** Answers that a median is taken over. */
const WINDOW = 51;
/** An answer of fewer tokens says little of the time between tokens. */
const ENOUGH_TOKENS = 8;

/** Medians over answers of one plan. */
export interface Measured {
  readonly answers: number;
  readonly ttftMilliseconds: number;
  readonly tpotMilliseconds: number;
}

/** Collects the timings of answers that entered at this device. */
export class Served {
  #plan: PlanNumber = { term: 0, epoch: 0 };
  #ttft = new Samples(WINDOW);
  #tpot = new Samples(WINDOW);
  #answers = 0;

  /** Takes a finished answer. Those of an older plan, or that took several conversations, say nothing of this one. */
  record(plan: PlanNumber, timings: Timings): void {
    if (plan.term !== this.#plan.term || plan.epoch !== this.#plan.epoch) {
      this.#plan = plan;
      [this.#ttft, this.#tpot, this.#answers] = [new Samples(WINDOW), new Samples(WINDOW), 0];
    }
    const { completionTokens, timeToFirstTokenMilliseconds, totalMilliseconds, conversations } = timings;
    if (conversations !== 1 || completionTokens < ENOUGH_TOKENS) return;
    this.#answers++;
    this.#ttft.add(timeToFirstTokenMilliseconds);
    this.#tpot.add((totalMilliseconds - timeToFirstTokenMilliseconds) / (completionTokens - 1));
  }

  /** What was measured under a plan, or undefined where nothing was. */
  of(plan: PlanNumber): Measured | undefined {
    const [ttftMilliseconds, tpotMilliseconds] = [this.#ttft.median(), this.#tpot.median()];
    if (plan.term !== this.#plan.term || plan.epoch !== this.#plan.epoch) return undefined;
    if (ttftMilliseconds === undefined || tpotMilliseconds === undefined) return undefined;
    return { answers: this.#answers, ttftMilliseconds, tpotMilliseconds };
  }
}
