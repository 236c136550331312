/**
 * What answers took, held against what was expected of them: the next ones are expected to be as far off. Devices measure
 * steps; what lies around them (reading the text, the way from the gateway, who reads at the same time) is learnt here.
 */
import {
  type Expected,
  expectedTimes,
  type Line,
  lineThrough,
  median,
  type Underway,
  type Wish,
} from "../../plans/mod.ts";
import { type ActivePlan, comparePlans } from "../plan.ts";

/** Answers of a level that its factor is the median of. */
const LATEST = 9;
/** What is further off than this is another plan, or a machine that was asleep. */
const FURTHEST = 4;
/** The part of a first token's time that grows with what was expected grows by so many times that at most. */
const STEEPEST = 2;
/** An answer of fewer tokens says little of the time between tokens. */
const ENOUGH_TOKENS = 8;

/** An answer that has ended, made at one level and in one go. */
export interface Made extends Wish {
  /** The answers that it found under way. */
  readonly underway: readonly Underway[];
  /** From when its prompt was on its way to the first token. */
  readonly ttftMilliseconds: number;
  readonly tpotMilliseconds: number;
  readonly completionTokens: number;
}

/** Models that are remembered, the latest. */
const MODELS = 16;
/** Answers of all levels that the time to the first token is learnt from. */
const LATEST_FIRSTS = 33;

interface Experience {
  readonly number: ActivePlan["number"];
  /** The latest last: of all levels, and of each. */
  firsts: readonly Made[];
  readonly made: Map<number, readonly Made[]>;
}

/** The experience of answers that entered at this device, by model. */
export class LevelExperience {
  readonly #models = new Map<string, Experience>();

  /** Takes an answer. What was made under another plan says nothing of this one. */
  record({ model, number }: Pick<ActivePlan, "model" | "number">, made: Made): void {
    const before = this.#models.get(model.id);
    const known: Experience = before !== undefined && comparePlans(before.number, number) === 0
      ? before
      : { number, firsts: [], made: new Map() };
    this.#models.delete(model.id);
    this.#models.set(model.id, known);
    const [oldest] = this.#models.keys();
    if (oldest !== undefined && this.#models.size > MODELS) this.#models.delete(oldest);
    known.firsts = [...known.firsts, made].slice(-LATEST_FIRSTS);
    if (made.completionTokens < ENOUGH_TOKENS) return;
    known.made.set(made.level, [...known.made.get(made.level) ?? [], made].slice(-LATEST));
  }

  /**
   * What makes of an expectation the one that experience tells; nothing is changed where there is none. To the first token
   * there is a part that is the same for any prompt at any level, and one that grows with what was expected; from token to
   * token a level is as far off as it was, or, where it has not run yet, as the others were.
   */
  corrected({ model, number, elastic }: ActivePlan): (expected: Expected, level: number) => Expected {
    const known = this.#models.get(model.id);
    if (elastic === undefined || known === undefined || comparePlans(known.number, number) !== 0) {
      return (expected) => expected;
    }
    // By what is known of the levels now: what devices have found since is not counted twice.
    const expect = (made: Made) => expectedTimes(elastic, made, made.underway);
    const first = lineThrough(
      known.firsts.flatMap((made) => {
        const x = expect(made)?.ttftMilliseconds;
        return x === undefined || !Number.isFinite(made.ttftMilliseconds) ? [] : [{ x, y: made.ttftMilliseconds }];
      }),
      { least: 1 / STEEPEST, most: STEEPEST },
    );
    const factors = new Map([...known.made].map(([level, made]) => {
      return [level, median(made.flatMap((each) => ratio(each.tpotMilliseconds, expect(each)?.tpotMilliseconds)))];
    }));
    const others = median([...factors.values()].flatMap((factor) => factor ?? [])) ?? 1;
    return ({ ttftMilliseconds, tpotMilliseconds }, level) => ({
      ttftMilliseconds: on(first, ttftMilliseconds),
      tpotMilliseconds: (factors.get(level) ?? others) * tpotMilliseconds,
    });
  }
}

/** What a line says, no less than a quarter of what was expected. */
function on(line: Line | undefined, expected: number): number {
  return line === undefined ? expected : Math.max(expected / FURTHEST, line.intercept + line.slope * expected);
}

/** Times as long as expected; nothing where that is not known. */
function ratio(taken: number, expected: number | undefined): number[] {
  const ratio = taken / (expected ?? NaN);
  return Number.isFinite(ratio) ? [Math.min(FURTHEST, Math.max(1 / FURTHEST, ratio))] : [];
}
