/** The policies of the elastic benchmark: who chooses what, and that nobody beats the oracle. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Case, limitOf } from "../../bench/elastic/case.ts";
import type { Clock } from "../../bench/elastic/clock.ts";
import { outcomesOf } from "../../bench/elastic/outcome.ts";
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
} from "../../bench/elastic/policies.ts";
import { targets } from "../../bench/elastic/targets.ts";
import { PROMPT_SHARES } from "../../models/elastic.ts";
import { traceOf } from "../../bench/elastic/trace.ts";
import { seededRandom } from "../../training/generator/mod.ts";

const LEVELS = 4;

/** A machine on which half of a token's time is the levels', and the chooser takes a hundredth of a prompt. */
const clock: Clock = {
  levels: LEVELS,
  prefill: (tokens, level) => tokens * (1 + level / LEVELS),
  decode: (level) => 1 + level / LEVELS,
  choose: (tokens) => tokens / 100,
};

function caseOf(right: readonly (readonly boolean[])[], guess: readonly (readonly number[])[] = []): Case {
  const tokens = PROMPT_SHARES.map((share) => Math.round(100 * share));
  return { set: "test", index: 0, family: "lookup", hops: 1, redundancy: 0, tokens, answerTokens: 5, right, guess };
}

function grid<T>(value: (promptLevel: number, level: number) => T): T[][] {
  return PROMPT_SHARES.map((_, promptLevel) =>
    Array.from({ length: LEVELS }, (_, index) => value(promptLevel, index + 1))
  );
}

function ask(policy: Policy, asked: Case, target: number) {
  const wanted = targets[target];
  if (wanted === undefined) throw new RangeError(`There is no target ${target}.`);
  return policy.choose({ asked, target: wanted, random: seededRandom(1) });
}

test("where the whole model is in time, the chooser is not asked", () => {
  const asked = caseOf(grid(() => false), grid((promptLevel) => promptLevel / 10));
  const variant: Variant = { test: [asked], validation: [], clock, moments: [clock] };
  assert.deepEqual(ask(chooserPolicy("ours", variant, clock), asked, 0), { promptLevel: 0, level: 4, chooser: false });
});

test("the likeliest pair that is in time is chosen, and of those that are about as likely the lightest", () => {
  const likely = new Map([["1 3", 0.7], ["2 3", 0.9], ["2 2", 0.89], ["0 4", 1]]);
  const asked = caseOf(grid(() => false), grid((prompt, level) => likely.get(`${prompt} ${level}`) ?? 0));
  const variant: Variant = { test: [asked], validation: [], clock, moments: [clock] };
  assert.deepEqual(ask(chooserPolicy("ours", variant, clock), asked, 1), { promptLevel: 2, level: 2, chooser: true });
});

test("where no pair is in time, the fastest is chosen; Skein leaves nothing out in vain", () => {
  const asked = caseOf(grid(() => true), grid(() => 0.5));
  const slow = { ...clock, decode: () => 1 };
  const variant: Variant = { test: [asked], validation: [], clock: slow, moments: [slow] };
  for (const policy of [oracle(variant, slow), randomFeasible(variant, slow)]) {
    assert.equal(ask(policy, asked, 5).promptLevel, 4, policy.name);
  }
  const { promptLevel, level } = ask(askingLess("ours", variant, slow), asked, 5);
  assert.deepEqual([promptLevel, level], [0, 1]);
});

test("the best static pair is the one that was right in time most often on the prompts for tuning", () => {
  const validation = [1, 2, 3].map((which) =>
    caseOf(grid((prompt, level) => prompt === 3 && level === 3 && which > 1))
  );
  const variant: Variant = { test: [], validation, clock, moments: [clock] };
  const policy = bestStatic("static", variant, clock);
  assert.deepEqual(ask(policy, caseOf(grid(() => true)), 1), { promptLevel: 3, level: 3, chooser: true });
});

const cases = fc.array(
  fc.record({
    right: fc.array(fc.array(fc.boolean(), { minLength: LEVELS, maxLength: LEVELS }), { minLength: 5, maxLength: 5 }),
    guess: fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: LEVELS, maxLength: LEVELS }), {
      minLength: 5,
      maxLength: 5,
    }),
  }),
  { minLength: 1, maxLength: 12 },
);

test("nobody is right in time more often than who knows the answers", () => {
  fc.assert(fc.property(cases, cases, fc.integer(), (judged, tuned, seed) => {
    const of = (list: typeof judged) => list.map(({ right, guess }) => caseOf(right, guess));
    const variant: Variant = { test: of(judged), validation: of(tuned), clock, moments: [clock] };
    const trace = traceOf({ random: seededRandom(seed), skew: 0, requests: 60, every: 100, prompts: judged.length });
    const good = (policy: Policy): boolean[] => {
      return outcomesOf({ policy, trace, whole: variant, random: seededRandom(seed) })
        .map(({ right, planned }) => right && planned <= 1);
    };
    const best = good(oracle(variant, clock));
    const others = [
      chooserPolicy("ours", variant, clock),
      askingLess("asking less", variant, clock),
      chooserPolicy("prompt only", variant, clock, ({ level }) => level === LEVELS),
      chooserPolicy("model only", variant, clock, ({ promptLevel }) => promptLevel === 0),
      bestStatic("static", variant, clock),
      oneSize("one size", variant, clock),
      randomFeasible(variant, clock),
      wholeModel(variant),
    ];
    for (const other of others) {
      for (const [index, is] of good(other).entries()) assert.ok(!is || best[index], other.name);
    }
  }));
});

test("who waits for others is late by what it waited, against the limits of the machine as it usually is", () => {
  const asked = caseOf(grid(() => true));
  const trace = [0, 10].map((at) => ({ at, target: 0, prompt: 0 }));
  const slower: Clock = { ...clock, prefill: (tokens, level) => 2 * clock.prefill(tokens, level) };
  const variant: Variant = { test: [asked], validation: [], clock, moments: [slower] };
  const [first, second] = outcomesOf({ policy: wholeModel(variant), trace, whole: variant, random: seededRandom(1) });
  const [ttft, decode] = [400, 4 * 2];
  const limit = limitOf(asked, { name: "", ttft: 1, tpot: 1 }, clock).ttft;
  assert.deepEqual([first?.planned, first?.alone, first?.queued], [1, 1, ttft / limit]);
  assert.equal(second?.queued, (ttft + decode - 10 + ttft) / limit);
});
