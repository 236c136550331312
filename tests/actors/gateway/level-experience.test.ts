/** What answers at levels took corrects what the next ones are expected to take. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LevelExperience, type Made } from "../../../actors/gateway/level-experience.ts";
import type { ActivePlan } from "../../../actors/plan.ts";
import { expectedTimes } from "../../../plans/mod.ts";
import { planOf, splitAt } from "../balancer/plans.ts";

/** A plan on which a slice takes so many milliseconds a step, and a tenth of it a token of a prompt. */
function elasticPlan(slice = 1, epoch = 1): ActivePlan {
  const levels = [1, 2, 3, 4].map((level) => ({
    level,
    weightBytes: level,
    computeMilliseconds: slice * level,
    slowestMilliseconds: slice * level,
    firstMilliseconds: 0,
    tokenMilliseconds: slice * level / 10,
    laterTokenMilliseconds: slice * level / 10,
  }));
  return {
    ...planOf(epoch, splitAt(4)),
    elastic: { stages: 1, linkMilliseconds: 0, stepFactors: [1, 1, 1, 1, 1], levels },
  };
}

/** An answer of a level that took so many times as long as expected. */
function made(plan: ActivePlan, level: number, ttft: number, tpot: number, more: Partial<Made> = {}): Made {
  const wish = { level, promptTokens: 100, underway: [], ...more };
  const expected = plan.elastic && expectedTimes(plan.elastic, wish, wish.underway);
  assert.ok(expected !== undefined);
  return {
    ...wish,
    at: 0,
    ttftMilliseconds: ttft * expected.ttftMilliseconds,
    tpotMilliseconds: tpot * expected.tpotMilliseconds,
    completionTokens: 32,
    ...more,
  };
}

/** What a time between tokens of 10 ms becomes, and one to the first token of 100 ms. */
function tpot(experience: LevelExperience, plan: ActivePlan, level: number, now = 0): number {
  const corrected = experience.corrected(plan, { now })({ ttftMilliseconds: 100, tpotMilliseconds: 10 }, level);
  return Math.round(10 * corrected.tpotMilliseconds) / 10;
}

function ttft(experience: LevelExperience, plan: ActivePlan, expected = 100): number {
  return Math.round(
    experience.corrected(plan, { now: 0 })({ ttftMilliseconds: expected, tpotMilliseconds: 10 }, 1).ttftMilliseconds,
  );
}

test("without experience nothing is corrected", () => {
  const [experience, plan] = [new LevelExperience(), elasticPlan()];
  assert.deepEqual([tpot(experience, plan, 1), ttft(experience, plan)], [10, 100]);
});

test("one or two answers correct nothing: the first of a plan takes ten times as long as those after it", () => {
  const [experience, plan] = [new LevelExperience(), elasticPlan()];
  const first = made(plan, 4, 10, 4);
  for (const answer of [first, made(plan, 4, 1, 1)]) {
    experience.record(plan, answer);
    assert.deepEqual([tpot(experience, plan, 4), ttft(experience, plan)], [10, 100]);
  }
  experience.record(plan, made(plan, 1, 1, 1));
  assert.deepEqual([tpot(experience, plan, 4), ttft(experience, plan)], [10, 100]);
});

test("tokens of a level are as far off as they were lately, and those of one that has hardly run as all were", () => {
  const [experience, plan] = [new LevelExperience(), elasticPlan()];
  for (const factor of [1.2, 3, 1.3, 1.3, 1.4]) experience.record(plan, made(plan, 1, 1, factor));
  for (const factor of [0.9, 0.9, 0.9, 0.9]) experience.record(plan, made(plan, 4, 1, factor));
  assert.deepEqual([1, 4, 2].map((level) => tpot(experience, plan, level)), [13, 12, 12]);
  experience.record(plan, made(plan, 4, 1, 0.9));
  assert.deepEqual([1, 4, 2].map((level) => tpot(experience, plan, level)), [13, 9, 9]);
});

test("the latest nine answers of a level count", () => {
  const [experience, plan] = [new LevelExperience(), elasticPlan()];
  for (let count = 0; count < 20; count++) experience.record(plan, made(plan, 1, 1, 3));
  for (let count = 0; count < 5; count++) experience.record(plan, made(plan, 1, 1, 1));
  assert.equal(tpot(experience, plan, 1), 10);
});

test("answers of the last two minutes count, and where there are few the latest three", () => {
  const [experience, plan] = [new LevelExperience(), elasticPlan()];
  for (let count = 0; count < 9; count++) experience.record(plan, made(plan, 4, 1, 3));
  for (let count = 0; count < 3; count++) experience.record(plan, made(plan, 4, 1, 1.2, { at: 121_000 }));
  assert.deepEqual([tpot(experience, plan, 4, 100_000), tpot(experience, plan, 4, 121_000)], [30, 12]);
  assert.equal(tpot(experience, plan, 4, 1e9), 12);
  // Where nothing is recent, what levels took stays theirs.
  for (let count = 0; count < 9; count++) experience.record(plan, made(plan, 1, 1, 1.3, { at: 121_000 }));
  for (let count = 0; count < 9; count++) experience.record(plan, made(plan, 4, 1, 0.9, { at: 121_000 }));
  assert.deepEqual([1, 4].map((level) => tpot(experience, plan, level, 1e9)), [13, 9]);
});

test("among others what answers by themselves took lately tells more than what some among others took long ago", () => {
  const [experience, plan] = [new LevelExperience(), elasticPlan()];
  const underway = [{ level: 4, promptTokens: 0 }];
  for (let count = 0; count < 3; count++) experience.record(plan, made(plan, 1, 1, 3, { underway }));
  for (let count = 0; count < 3; count++) experience.record(plan, made(plan, 1, 1, 1.1, { at: 3.6e6 }));
  const expected = { ttftMilliseconds: 100, tpotMilliseconds: 10 };
  const found = experience.corrected(plan, { underway, now: 3.6e6 })(expected, 1).tpotMilliseconds;
  assert.equal(Math.round(found), 11);
});

test("what any first token takes beyond its prompt is told apart from what grows with the prompt", () => {
  const [experience, plan] = [new LevelExperience(), elasticPlan()];
  for (const [level, promptTokens] of [[1, 20], [4, 100], [2, 300], [4, 50], [1, 200], [3, 10]] as const) {
    const exact = made(plan, level, 1, 1, { promptTokens });
    experience.record(plan, { ...exact, ttftMilliseconds: 30 + 1.5 * exact.ttftMilliseconds });
  }
  assert.deepEqual([10, 100, 400].map((expected) => ttft(experience, plan, expected)), [45, 180, 630]);
});

test("answers that are alike tell only what is added", () => {
  const [experience, plan] = [new LevelExperience(), elasticPlan()];
  for (let count = 0; count < 9; count++) {
    const exact = made(plan, 1, 1, 1);
    experience.record(plan, { ...exact, ttftMilliseconds: exact.ttftMilliseconds + 30 + count });
  }
  assert.deepEqual([ttft(experience, plan, 10), ttft(experience, plan, 100)], [44, 134]);
});

test("what devices have found out since is not corrected twice", () => {
  const [experience, before, now] = [new LevelExperience(), elasticPlan(1), elasticPlan(1.5)];
  for (let count = 0; count < 9; count++) experience.record(before, made(before, 2, 1.5, 1.5));
  assert.deepEqual([tpot(experience, before, 2), tpot(experience, now, 2)], [15, 10]);
  assert.equal(ttft(experience, now), 100);
});

test("an answer among others is held against what was expected among them", () => {
  const [experience, plan] = [new LevelExperience(), elasticPlan()];
  const underway = [{ level: 4, promptTokens: 0 }, { level: 1, promptTokens: 50 }];
  for (let count = 0; count < 3; count++) experience.record(plan, made(plan, 2, 1, 1, { underway }));
  assert.deepEqual([tpot(experience, plan, 2), ttft(experience, plan)], [10, 100]);
});

test("what answers among others took corrects such answers only, and where there were none those by themselves tell", () => {
  const [experience, plan] = [new LevelExperience(), elasticPlan()];
  const underway = [{ level: 4, promptTokens: 0 }];
  const tokens = (others: typeof underway) => {
    return experience.corrected(plan, { underway: others, now: 0 })({ ttftMilliseconds: 100, tpotMilliseconds: 10 }, 1)
      .tpotMilliseconds;
  };
  const thrice = (answer: Made) => [1, 2, 3].forEach(() => experience.record(plan, answer));
  thrice(made(plan, 1, 1, 1.5));
  assert.deepEqual([tokens([]), tokens(underway)], [15, 15]);
  thrice(made(plan, 1, 3, 3, { underway }));
  assert.deepEqual([tokens([]), tokens(underway)], [15, 30]);
});

test("another plan begins without experience, and short answers say nothing of the time between tokens", () => {
  const [experience, plan] = [new LevelExperience(), elasticPlan()];
  for (let count = 0; count < 3; count++) experience.record(plan, made(plan, 1, 2, 2, { completionTokens: 7 }));
  assert.deepEqual([tpot(experience, plan, 1), ttft(experience, plan)], [10, 110]);
  assert.equal(ttft(experience, elasticPlan(1, 2)), 100);
});

test("whatever was measured, an expectation stays a time, and a quarter of what was expected at least", () => {
  const number = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(fc.property(fc.array(fc.tuple(number, number), { maxLength: 20 }), number, (taken, expected) => {
    const [experience, plan] = [new LevelExperience(), elasticPlan()];
    for (const [ttftMilliseconds, tpotMilliseconds] of taken) {
      experience.record(plan, { ...made(plan, 1, 1, 1), ttftMilliseconds, tpotMilliseconds });
    }
    const told = experience.corrected(plan, { now: 0 })({ ttftMilliseconds: expected, tpotMilliseconds: expected }, 1);
    assert.ok(Number.isFinite(told.ttftMilliseconds) && told.ttftMilliseconds >= expected / 4);
    assert.ok(told.tpotMilliseconds >= expected / 4 && told.tpotMilliseconds <= 4 * expected);
  }));
});
