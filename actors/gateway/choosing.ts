/** At which level, and with how much of its prompt, an answer is made that has a target. Pure. */
import {
  type Candidate,
  chooseLevel,
  describeTarget,
  type ElasticTimes,
  type Expected,
  expectedTimes,
  ROUNDING,
  type Target,
  type Underway,
  type Wish,
} from "../../plans/mod.ts";
import type { Chosen } from "./chosen.ts";
import type { Timings } from "./protocol.ts";
import type { PromptWay } from "../weighing.ts";

/** What came of choosing. */
export type Choosing =
  | { readonly type: "chosen"; readonly chosen: Chosen }
  /** The target insists on what is not to be had. */
  | { readonly type: "unreachable"; readonly reason: string };

/** What there is to choose from. */
export interface Wanted {
  readonly target: Target;
  /** What each level takes; absent of a model that is not elastic, or where that is not known yet. */
  readonly times: ElasticTimes | undefined;
  /** What is left of the prompt at each prompt level, the whole first. */
  readonly ways: readonly PromptWay[];
  readonly underway: readonly Underway[];
  /** Milliseconds since the prompt came: they count. */
  readonly spent: number;
  /** Answers that run at once, at most. */
  readonly places: number;
  /** What is expected at a level, by what answers lately took. Default: as devices have measured. */
  readonly corrected?: (expected: Expected, level: number) => Expected;
}

interface Way extends Candidate {
  readonly way: PromptWay;
}

/** Chooses level and prompt. Without a target, or with "full", that is the whole model and the whole prompt. */
export function chooseFor(wanted: Wanted): Choosing {
  const { target, times } = wanted;
  if (times === undefined) return withoutLevels(target);
  const candidates = candidatesOf(times, wanted);
  const choice = chooseLevel(target, candidates);
  const whole = chooseLevel({ type: "full" }, candidates)?.candidate;
  if (choice === undefined || whole === undefined) return withoutLevels(target);
  const { candidate: { way, level, promptShare, ttftMilliseconds, tpotMilliseconds }, met } = choice;
  const predicted = { ttftMilliseconds, tpotMilliseconds };
  const word = met ? undefined : unmet(target, predicted);
  if (word !== undefined && target.type === "bounded" && target.strict) return { type: "unreachable", reason: word };
  return {
    type: "chosen",
    chosen: {
      ...{ level, levels: times.levels.length, promptShare, predicted, met },
      ...(way.prompt === undefined ? {} : { prompt: way.prompt }),
      ...(word === undefined ? {} : { word }),
      allowed: allowedBy(target, whole),
    },
  };
}

/** What an answer to all of the prompt may and will take, known better: by how many tokens that turned out to have. */
export function foreseen(chosen: Chosen, wanted: Omit<Wanted, "ways">, promptTokens: number): Chosen {
  const { target, times } = wanted;
  const [predicted, whole] = [chosen.level, chosen.levels].map((level) => {
    return times && expectedOf(times, wanted, { level, promptTokens });
  });
  if (predicted === undefined || whole === undefined) return chosen;
  const { word, ...rest } = chosen;
  void word;
  const allowed = allowedBy(target, whole);
  const met = isWithin(predicted, allowed);
  return { ...rest, predicted, allowed, met, ...(met ? {} : { word: unmet(target, predicted) }) };
}

/** What an answer took; nothing from token to token where it has one at most. */
export function tookOf(
  { timeToFirstTokenMilliseconds: ttftMilliseconds, totalMilliseconds, completionTokens }: Timings,
): { readonly ttftMilliseconds: number; readonly tpotMilliseconds?: number } {
  const between = completionTokens - 1;
  if (between <= 0) return { ttftMilliseconds };
  return { ttftMilliseconds, tpotMilliseconds: (totalMilliseconds - ttftMilliseconds) / between };
}

/** Whether an answer took no longer than its target allows; undefined where it had none, or what that allows is not known. */
export function metBy(chosen: Chosen | undefined, timings: Timings): boolean | undefined {
  if (chosen === undefined) return undefined;
  const { allowed: { ttftMilliseconds, tpotMilliseconds }, met } = chosen;
  if (met === undefined && ttftMilliseconds === undefined && tpotMilliseconds === undefined) return undefined;
  return isWithin(tookOf(timings), chosen.allowed);
}

function isWithin(took: Partial<Expected>, allowed: Chosen["allowed"]): boolean {
  const within = (time = 0, most = Infinity) => time <= most * ROUNDING;
  return within(took.ttftMilliseconds, allowed.ttftMilliseconds) &&
    within(took.tpotMilliseconds, allowed.tpotMilliseconds);
}

function candidatesOf(times: ElasticTimes, wanted: Wanted): Way[] {
  return wanted.ways.flatMap((way) => {
    let above: Expected = { ttftMilliseconds: Infinity, tpotMilliseconds: Infinity };
    // From the whole down: what a few answers took may say so, but less of the model takes no longer.
    return times.levels.toReversed().flatMap(({ level }) => {
      const expected = expectedOf(times, wanted, { level, promptTokens: way.promptTokens });
      const right = way.right?.[level - 1];
      if (expected === undefined) return [];
      above = {
        ttftMilliseconds: Math.min(above.ttftMilliseconds, expected.ttftMilliseconds),
        tpotMilliseconds: Math.min(above.tpotMilliseconds, expected.tpotMilliseconds),
      };
      return [{ ...{ way, level, promptShare: way.share, ...above }, ...(right === undefined ? {} : { right }) }];
    });
  });
}

/** What an answer will take from its prompt's arrival on, by measurements of devices and by what answers took lately. */
function expectedOf(
  times: ElasticTimes,
  { underway, spent, places, corrected = (expected) => expected }: Omit<Wanted, "target" | "times" | "ways">,
  wish: Wish,
): Expected | undefined {
  const expected = expectedTimes(times, wish, underway, places);
  if (expected === undefined) return undefined;
  const { ttftMilliseconds, tpotMilliseconds } = corrected(expected, wish.level);
  return { ttftMilliseconds: spent + ttftMilliseconds, tpotMilliseconds };
}

const UNKNOWN =
  "Nothing is known of levels of this model: it is not elastic, or its devices have only just taken it up.";

/** The whole model, where there is nothing else to be had or nothing is known of it. */
function withoutLevels(target: Target): Choosing {
  const whole = { level: 1, levels: 1, promptShare: 1, allowed: {} };
  if (target.type === "full") return { type: "chosen", chosen: { ...whole, met: true } };
  if (target.strict) {
    const reason = `${describeTarget(target)}: nobody can tell whether that is to be had. ${UNKNOWN} ` +
      "Without strict all of it answers.";
    return { type: "unreachable", reason };
  }
  const shares = [target.ttft, target.tpot].some((bound) => bound?.type === "share");
  // A share of what is not known is nothing to be held against.
  const allowed = shares ? {} : allowedBy(target, { ttftMilliseconds: 0, tpotMilliseconds: 0 });
  return { type: "chosen", chosen: { ...whole, allowed, word: `${UNKNOWN} All of it answers.` } };
}

function unmet(target: Target, { ttftMilliseconds, tpotMilliseconds }: Expected): string {
  return `${
    describeTarget(target)
  }: that is not to be had now. What comes closest with all of the prompt takes about ` +
    `${Math.round(ttftMilliseconds)} ms to the first token and ${
      Math.round(10 * tpotMilliseconds) / 10
    } ms for each after it.`;
}

function allowedBy(target: Target, whole: Expected): Chosen["allowed"] {
  if (target.type === "full") return {};
  const { ttft, tpot } = target;
  const most = (bound: NonNullable<typeof ttft>, of: number) =>
    bound.type === "milliseconds" ? bound.most : bound.most * of;
  return {
    ...(ttft === undefined ? {} : { ttftMilliseconds: most(ttft, whole.ttftMilliseconds) }),
    ...(tpot === undefined ? {} : { tpotMilliseconds: most(tpot, whole.tpotMilliseconds) }),
  };
}
