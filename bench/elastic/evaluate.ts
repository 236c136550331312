/** Runs every policy on the same traces and says how often its answers were right and in time. */
import { seededRandom } from "../../training/generator/mod.ts";
import { percentile } from "../statistics.ts";
import { bootstrapMean, type Interval, type Sample } from "./bootstrap.ts";
import { type Case, speedOf } from "./case.ts";
import { clockOf, medianRound, type Times } from "./clock.ts";
import { type Outcome, outcomesOf } from "./outcome.ts";
import {
  askingLess,
  bestStatic,
  chooserPolicy,
  oneSize,
  oracle,
  type Policy,
  randomFeasible,
  type Variant,
  wholeModel,
} from "./policies.ts";
import { targets } from "./targets.ts";
import { traceOf } from "./trace.ts";

/** The tables and times of a model with levels; its rounds are those of the elastic model. */
export interface Evidence {
  readonly cases: readonly Case[];
  readonly times: Times;
}

/** What is judged. All but the elastic model may be missing. */
export interface Evidences {
  readonly elastic: Evidence;
  /** Levels are how many layers are left. */
  readonly layers?: Evidence | undefined;
  /** The elastic model without the order of its slices. */
  readonly unordered?: Evidence | undefined;
  /** Models of their own instead of levels. */
  readonly sizes?: Evidence | undefined;
  /** The elastic model on prompts whose sentences are kept by chance. */
  readonly blind?: Evidence | undefined;
}

export interface EvaluateOptions {
  readonly seeds: readonly number[];
  readonly skews: readonly number[];
  readonly requests: number;
  /** How busy the whole model would be with the trace, 0 to 1. */
  readonly load: number;
}

/** A policy on the traces of one skew, all seeds together. */
export interface Score {
  readonly policy: string;
  readonly skew: number;
  /** Share of requests that were right, and in time by the clock that chose. */
  readonly good: Interval;
  /** How much more often Skein's policy was; of the same requests. */
  readonly behind: Interval;
  readonly right: number;
  /** Share of requests for which nothing in time was there to choose, or was not chosen. */
  readonly late: number;
  /** Share of requests that were late by the clock of another moment, alone and after those before them. */
  readonly lateAlone: number;
  readonly lateQueued: number;
  /** How much of its limits a request took, at the 95th percentile, by the clock of another moment: in time up to 1. */
  readonly p95: number;
  /** The chooser's part of the time to all first tokens. */
  readonly choosing: number;
  /** `good` by target. */
  readonly byTarget: readonly number[];
  /** How many of the targets' requests chose which pair. */
  readonly pairs: Readonly<Record<string, number>>;
}

/** Returns the scores, the policies of a skew in the order of `policiesOf`. */
export function evaluate(evidences: Evidences, options: EvaluateOptions): Score[] {
  const variants = variantsOf(evidences);
  const policies = policiesOf(variants);
  const every = meanService(variants.elastic) / options.load;
  return options.skews.flatMap((skew) => {
    const runs = policies.map((policy) => runAll(policy, { ...options, whole: variants.elastic, every, skew }));
    const [ours = []] = runs;
    return policies.map((policy, index) => scoreOf(policy.name, skew, runs[index] ?? [], ours));
  });
}

type Variants = Readonly<Record<"elastic", Variant>> & { readonly [Name in keyof Evidences]?: Variant | undefined };

function variantsOf({ elastic, layers, unordered, sizes, blind }: Evidences): Variants {
  const optional = (evidence: Evidence | undefined) => evidence === undefined ? undefined : variantOf(evidence);
  return {
    elastic: variantOf(elastic),
    layers: optional(layers),
    unordered: optional(unordered),
    sizes: optional(sizes),
    blind: optional(blind),
  };
}

function variantOf({ cases, times: { lengths, rounds } }: Evidence): Variant {
  return {
    test: cases.filter(({ set }) => set === "test"),
    validation: cases.filter(({ set }) => set === "validation"),
    clock: clockOf(lengths, medianRound(rounds)),
    moments: rounds.map((round) => clockOf(lengths, round)),
  };
}

/** The first is the one that all others are compared with. */
export function policiesOf({ elastic, layers, unordered, sizes, blind }: Variants): Policy[] {
  const { clock: whole } = elastic;
  const onlyPrompt = ({ level }: { readonly level: number }) => level === whole.levels;
  const onlyModel = ({ promptLevel }: { readonly promptLevel: number }) => promptLevel === 0;
  return [
    askingLess("Skein's", elastic, whole),
    chooserPolicy("chooser asked more often", elastic, whole),
    oracle(elastic, whole),
    bestStatic("best static pair", elastic, whole),
    bestStatic("prompt only, best static", elastic, whole, onlyPrompt),
    bestStatic("model only, best static", elastic, whole, onlyModel),
    oneSize("one level for all", elastic, whole),
    wholeModel(elastic),
    randomFeasible(elastic, whole),
    ...layers === undefined ? [] : [
      bestStatic("fewer layers, best static", layers, whole),
      bestStatic("fewer layers, whole prompt", layers, whole, onlyModel),
    ],
    ...unordered === undefined ? [] : [
      askingLess("not reordered", unordered, whole),
      bestStatic("not reordered, best static", unordered, whole),
    ],
    ...sizes === undefined ? [] : [
      bestStatic("sizes of their own, best static", sizes, whole),
      bestStatic("sizes of their own, whole prompt", sizes, whole, onlyModel),
    ],
    ...blind === undefined ? [] : [
      askingLess("sentences by chance", blind, whole),
      bestStatic("sentences by chance, best static", blind, whole),
    ],
  ];
}

/** What the whole model takes for a request, at the mean, in milliseconds. */
function meanService({ test, clock }: Variant): number {
  const times = test.map((asked) => {
    const { ttft, tpot } = speedOf(asked, { promptLevel: 0, level: clock.levels, chooser: false }, clock);
    return ttft + tpot * (asked.answerTokens - 1);
  });
  return sum(times) / times.length;
}

interface Scene extends Pick<EvaluateOptions, "seeds" | "requests"> {
  readonly whole: Variant;
  readonly every: number;
  readonly skew: number;
}

/** The outcomes of a trace a seed. */
function runAll(policy: Policy, { seeds, requests, whole, every, skew }: Scene): Outcome[] {
  return seeds.flatMap((seed) => {
    const prompts = policy.variant.test.length;
    const trace = traceOf({ random: seededRandom(seed), skew, requests, every, prompts });
    // Apart from the trace's, so that all policies have the same traces.
    return outcomesOf({ policy, trace, whole, random: seededRandom(1000 + seed) });
  });
}

function scoreOf(policy: string, skew: number, outcomes: readonly Outcome[], ours: readonly Outcome[]): Score {
  const share = (is: (outcome: Outcome) => boolean, of = outcomes) => of.filter(is).length / of.length;
  const good = ({ right, planned }: Outcome) => right && planned <= 1;
  const samples: Sample[] = outcomes.map((one) => ({ cluster: one.prompt, value: Number(good(one)) }));
  const differences = outcomes.map((one, index): Sample => {
    const other = ours[index];
    return { cluster: one.prompt, value: Number(other !== undefined && good(other)) - Number(good(one)) };
  });
  const pairs: Record<string, number> = {};
  for (const { target, choice: { promptLevel, level } } of outcomes) {
    const key = `${targets[target]?.name}: ${promptLevel}, ${level}`;
    pairs[key] = (pairs[key] ?? 0) + 1;
  }
  return {
    policy,
    skew,
    good: bootstrapMean(samples, { random: seededRandom(1) }),
    behind: bootstrapMean(differences, { random: seededRandom(1) }),
    right: share(({ right }) => right),
    late: share(({ planned }) => planned > 1),
    lateAlone: share(({ alone }) => alone > 1),
    lateQueued: share(({ queued }) => queued > 1),
    p95: percentile(outcomes.map(({ alone }) => alone), 0.95),
    choosing: sum(outcomes.map(({ choosing }) => choosing)) / sum(outcomes.map(({ ttft }) => ttft)),
    byTarget: targets.map((_, index) => share(good, outcomes.filter(({ target }) => target === index))),
    pairs,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
