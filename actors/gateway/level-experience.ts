/**
 * What answers took, held against what was expected of them: the next ones are expected to be as far off. Devices measure
 * steps; what lies around them (reading the text, the way from the gateway, who reads at the same time) is learnt here.
 */
import {
  type ElasticTimes,
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
/** Answers of a level before it has a factor of its own. */
const ENOUGH_ANSWERS = 5;
/** What is further off than this is another plan, or a machine that was asleep. */
const FURTHEST = 4;
/** Of an answer by itself the part of a first token's time that grows with what was expected grows by so many times that at most. */
const STEEPEST_ALONE = 2;
/** Answers before anything is corrected by them: the first one of a plan finds memory untouched and code not yet compiled. */
const ENOUGH_AT_ALL = 3;
/** What is older tells of other work that the machines had then, where there are answers since. */
const RECENT_MILLISECONDS = 120_000;
/** An answer of fewer tokens says little of the time between tokens. */
const ENOUGH_TOKENS = 8;

/** An answer that has ended, made at one level and in one go. */
export interface Made extends Wish {
  /** When it ended, in milliseconds. */
  readonly at: number;
  /** The answers that it found under way. */
  readonly underway: readonly Underway[];
  /** From when its prompt was on its way to the first token. */
  readonly ttftMilliseconds: number;
  readonly tpotMilliseconds: number;
  readonly completionTokens: number;
}

/** Models that are remembered, the latest. */
const MODELS = 16;
/** Answers of all levels that the time to the first token is learnt from, and what is common to all. */
const LATEST_FIRSTS = 33;

/** Of answers under like circumstances, the latest last: of all levels, and of each. */
interface Lately {
  firsts: readonly Made[];
  readonly byLevel: Map<number, readonly Made[]>;
}

/** Of answers that found none under way, and of those among others: what is wrong about turns and shared steps is so there only. */
interface Experience {
  readonly number: ActivePlan["number"];
  readonly alone: Lately;
  readonly amongOthers: Lately;
}

/** The experience of answers that entered at this device, by model. */
export class LevelExperience {
  readonly #models = new Map<string, Experience>();

  /** Takes an answer. What was made under another plan says nothing of this one. */
  record(plan: Pick<ActivePlan, "model" | "number">, made: Made): void {
    const known = this.#of(plan) ?? { number: plan.number, alone: nothing(), amongOthers: nothing() };
    this.#models.delete(plan.model.id);
    this.#models.set(plan.model.id, known);
    const [oldest] = this.#models.keys();
    if (oldest !== undefined && this.#models.size > MODELS) this.#models.delete(oldest);
    const lately = made.underway.length === 0 ? known.alone : known.amongOthers;
    lately.firsts = [...lately.firsts, made].slice(-LATEST_FIRSTS);
    if (made.completionTokens < ENOUGH_TOKENS) return;
    lately.byLevel.set(made.level, [...lately.byLevel.get(made.level) ?? [], made].slice(-LATEST));
  }

  /**
   * What makes of an expectation the one that experience tells, for an answer that finds these under way; nothing is changed
   * where there is not enough. To the first token there is a part that is the same for any prompt at any level, and one that
   * grows with what was expected; from token to token a level is as far off as it was, or, where it has hardly run, as all were.
   */
  corrected(
    plan: ActivePlan,
    { underway = [], now }: { readonly underway?: readonly Underway[]; readonly now: number },
  ): (expected: Expected, level: number) => Expected {
    const { elastic } = plan;
    const known = this.#of(plan);
    if (elastic === undefined || known === undefined) return (expected) => expected;
    const { alone, amongOthers } = known;
    // Those under like circumstances tell most, but where only they are old.
    const [like, other] = underway.length > 0 ? [amongOthers, alone] : [alone, undefined];
    const lately = recent(like, now) ?? (other && recent(other, now)) ?? [like, other].map(latest).find(isEnough);
    if (lately === undefined) return (expected) => expected;
    const first = firstTokens(lately, elastic, underway.length > 0 ? FURTHEST : STEEPEST_ALONE);
    const factors = tokenFactors(lately, elastic);
    return ({ ttftMilliseconds, tpotMilliseconds }, level) => ({
      ttftMilliseconds: on(first, ttftMilliseconds),
      tpotMilliseconds: (factors.get(level) ?? factors.get("any") ?? 1) * tpotMilliseconds,
    });
  }

  #of({ model, number }: Pick<ActivePlan, "model" | "number">): Experience | undefined {
    const known = this.#models.get(model.id);
    return known !== undefined && comparePlans(known.number, number) === 0 ? known : undefined;
  }
}

/** What is not too old, where that is enough. */
function recent({ firsts, byLevel }: Lately, now: number): Lately | undefined {
  const isRecent = ({ at }: Made) => now - at <= RECENT_MILLISECONDS;
  const lately = {
    firsts: firsts.filter(isRecent),
    byLevel: new Map([...byLevel].map(([level, made]) => [level, made.filter(isRecent)])),
  };
  return isEnough(lately) ? lately : undefined;
}

/** The latest few, whenever they were. */
function latest(lately: Lately | undefined): Lately {
  const { firsts, byLevel } = lately ?? nothing();
  return {
    firsts: firsts.slice(-ENOUGH_AT_ALL),
    byLevel: new Map([...byLevel].map(([level, made]) => [level, made.slice(-ENOUGH_ANSWERS)])),
  };
}

function isEnough({ firsts }: Lately): boolean {
  return firsts.length >= ENOUGH_AT_ALL;
}

function nothing(): Lately {
  return { firsts: [], byLevel: new Map() };
}

/** What first tokens took by what is expected of them now: what devices have found since is not counted twice. */
function firstTokens({ firsts }: Lately, elastic: ElasticTimes, steepest: number): Line | undefined {
  const points = firsts.flatMap((made) => {
    const x = expectedTimes(elastic, made, made.underway)?.ttftMilliseconds;
    return x === undefined || !Number.isFinite(made.ttftMilliseconds) ? [] : [{ x, y: made.ttftMilliseconds }];
  });
  return lineThrough(points, { least: 1 / steepest, most: steepest });
}

/**
 * How many times as long as is expected now tokens took: of any level, and of each of which there are enough answers. By one or
 * two, a lower level might seem to take longer than a higher one.
 */
function tokenFactors({ firsts, byLevel }: Lately, elastic: ElasticTimes): Map<number | "any", number> {
  const long = firsts.filter(({ completionTokens }) => completionTokens >= ENOUGH_TOKENS);
  const any = long.length < ENOUGH_AT_ALL ? [] : [["any", long] as const];
  const levels = [...byLevel].filter(([, made]) => made.length >= ENOUGH_ANSWERS);
  return new Map([...any, ...levels].flatMap(([level, made]): [number | "any", number][] => {
    const factor = median(made.flatMap((each) => {
      return ratio(each.tpotMilliseconds, expectedTimes(elastic, each, each.underway)?.tpotMilliseconds);
    }));
    return factor === undefined ? [] : [[level, factor]];
  }));
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
