/** Who chooses a pair for a request, and how. */
import { PROMPT_SHARES } from "../../models/elastic.ts";
import { chooseLevel } from "../../plans/choose-level.ts";
import type { Random } from "../../training/generator/mod.ts";
import { type Case, type Choice, isRight, limitOf, pressureOf, speedOf } from "./case.ts";
import type { Clock } from "./clock.ts";
import { type Pair, pairsOf, type Target, targets } from "./targets.ts";

/** A model with levels: the elastic one, or what takes its place. */
export interface Variant {
  /** As it is judged; those of two variants are in the same order. */
  readonly test: readonly Case[];
  /** What may be looked at beforehand. */
  readonly validation: readonly Case[];
  /** Its own times, as they usually are. */
  readonly clock: Clock;
  /** The same at moments, one at least: those of two variants are of the same rounds. */
  readonly moments: readonly Clock[];
}

/** What is asked of a policy. */
export interface Question {
  readonly asked: Case;
  readonly target: Target;
  readonly random: Random;
}

export interface Policy {
  readonly name: string;
  readonly variant: Variant;
  choose(question: Question): Choice;
}

/** Choices that differ in what they take only; `whole` says what the whole model takes. */
interface Grounds {
  readonly asked: Case;
  readonly target: Target;
  readonly clock: Clock;
  readonly whole: Clock;
}

/** By the chooser's guesses among the pairs of `allowed`. It is not asked where all of everything is in time. */
export function chooserPolicy(
  name: string,
  variant: Variant,
  whole: Clock,
  allowed: (pair: Pair) => boolean = () => true,
): Policy {
  const { clock } = variant;
  const pairs = pairsOf(clock.levels).filter(allowed);
  return {
    name,
    variant,
    choose({ asked, target }) {
      const everything = wholeChoice(variant);
      if (allowed(everything) && pressure({ asked, target, clock, whole }, everything) <= 1) return everything;
      const limit = limitOf(asked, target, whole);
      const candidates = pairs.map((pair) => candidateOf(asked, { ...pair, chooser: true }, clock));
      const bound = (most: number) => ({ type: "milliseconds" as const, most });
      const bounds = { type: "bounded" as const, ttft: bound(limit.ttft), tpot: bound(limit.tpot), strict: false };
      return chooseLevel(bounds, candidates)?.candidate.choice ?? everything;
    },
  };
}

/**
 * As gateways choose: the highest level that reads all of the prompt in time; where there is none, by the chooser's guesses; where
 * nothing is in time, the least level and all of the prompt.
 */
export function askingLess(name: string, variant: Variant, whole: Clock): Policy {
  const asking = chooserPolicy(name, variant, whole);
  const pairs = pairsOf(variant.clock.levels);
  const unasked = plainChoices(variant).filter(({ promptLevel }) => promptLevel === 0);
  return {
    name,
    variant,
    choose(question) {
      const { asked, target } = question;
      const inTime = (choice: Choice) => pressure({ asked, target, clock: variant.clock, whole }, choice) <= 1;
      // The most of the model comes first.
      const best = unasked.find(inTime);
      if (best !== undefined) return best;
      return pairs.some((pair) => inTime({ ...pair, chooser: true }))
        ? asking.choose(question)
        : { promptLevel: 0, level: 1, chooser: false };
    },
  };
}

function candidateOf(asked: Case, choice: Choice, clock: Clock) {
  const { promptLevel, level } = choice;
  const { ttft, tpot } = speedOf(asked, choice, clock);
  const right = asked.guess?.[promptLevel]?.[level - 1];
  return {
    choice,
    promptShare: PROMPT_SHARES[promptLevel] ?? 1,
    level,
    ttftMilliseconds: ttft,
    tpotMilliseconds: tpot,
    ...right === undefined ? {} : { right },
  };
}

/** Knows which answers are right: no policy can do better. */
export function oracle(variant: Variant, whole: Clock): Policy {
  return {
    name: "oracle",
    variant,
    choose({ asked, target }) {
      const grounds = { asked, target, clock: variant.clock, whole };
      const choices = plainChoices(variant);
      const inTime = choices.filter((choice) => pressure(grounds, choice) <= 1);
      const right = inTime.filter((choice) => isRight(asked, choice));
      return fastest(
        grounds,
        right.length > 0 ? right : inTime.length > 0 ? inTime : choices,
      );
    },
  };
}

/** Any pair that is in time. */
export function randomFeasible(variant: Variant, whole: Clock): Policy {
  return {
    name: "random feasible",
    variant,
    choose({ asked, target, random }) {
      const grounds = { asked, target, clock: variant.clock, whole };
      const choices = plainChoices(variant);
      const inTime = choices.filter((choice) => pressure(grounds, choice) <= 1);
      return inTime.length > 0 ? random.pick(inTime) : fastest(grounds, choices);
    },
  };
}

/** One pair for each target: the one that is right and in time most often on the validation prompts. */
export function bestStatic(
  name: string,
  variant: Variant,
  whole: Clock,
  allowed: (pair: Pair) => boolean = () => true,
): Policy {
  const choices = plainChoices(variant).filter(allowed);
  const best = new Map(
    targets.map((
      target,
    ) => [target, bestOf(choices, variant, whole, [target])]),
  );
  return {
    name,
    variant,
    choose: ({ target }) => best.get(target) ?? wholeChoice(variant),
  };
}

/** One level and the whole prompt, whatever the target: the level that does best over all targets alike. */
export function oneSize(name: string, variant: Variant, whole: Clock): Policy {
  const choices = plainChoices(variant).filter(({ promptLevel }) => promptLevel === 0);
  const best = bestOf(choices, variant, whole, targets);
  return { name, variant, choose: () => best };
}

/** All of everything, whatever the target. */
export function wholeModel(variant: Variant): Policy {
  return {
    name: "the whole model",
    variant,
    choose: () => wholeChoice(variant),
  };
}

/** What the choosing of a pair beforehand leaves to the chooser: the sentences of a shortened prompt. */
function plainChoices({ clock }: Variant): Choice[] {
  return pairsOf(clock.levels).map((pair) => ({
    ...pair,
    chooser: pair.promptLevel > 0,
  }));
}

function wholeChoice({ clock }: Variant): Choice {
  return { promptLevel: 0, level: clock.levels, chooser: false };
}

function bestOf(
  choices: readonly Choice[],
  { validation, clock }: Variant,
  whole: Clock,
  wanted: readonly Target[],
): Choice {
  const good = (choice: Choice): number => {
    return wanted.flatMap((target) => {
      return validation.filter((asked) => {
        return isRight(asked, choice) &&
          pressure({ asked, target, clock, whole }, choice) <= 1;
      });
    }).length;
  };
  // Where none is ever in time, the fastest.
  const scored = choices.map((choice) => ({
    choice,
    good: good(choice),
    shorter: -weightOf(choice),
  }));
  scored.sort((a, b) => b.good - a.good || b.shorter - a.shorter);
  return scored[0]?.choice ??
    { promptLevel: PROMPT_SHARES.length - 1, level: 1, chooser: true };
}

/** Roughly what a pair computes. */
function weightOf({ promptLevel, level }: Pair): number {
  return (PROMPT_SHARES[promptLevel] ?? 1) * level;
}

function pressure(
  { asked, target, clock, whole }: Grounds,
  choice: Choice,
): number {
  return pressureOf(
    speedOf(asked, choice, clock),
    limitOf(asked, target, whole),
  );
}

/** The choice that takes the least of its two limits together. */
function fastest(
  { asked, target, clock, whole }: Grounds,
  choices: readonly Choice[],
): Choice {
  const limit = limitOf(asked, target, whole);
  const taken = (choice: Choice): number => {
    const { ttft, tpot } = speedOf(asked, choice, clock);
    return ttft / limit.ttft + tpot / limit.tpot;
  };
  const [first, ...others] = choices;
  if (first === undefined) {
    throw new RangeError("There is no pair to choose from.");
  }
  return others.reduce(
    (best, one) => taken(one) < taken(best) ? one : best,
    first,
  );
}
