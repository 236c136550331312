import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type ElasticTimes,
  elasticTimes,
  expectedTimes,
  type LevelTimes,
  predict,
  type Problem,
  type Run,
  type Slicing,
} from "../../plans/mod.ts";
import { device, home } from "./home.ts";

const devices = [device("laptop", 700, 1), device("desktop", 700, 2)];
const problem = home(devices);
const halves = [{ device: "laptop", first: 0, last: 5 }, { device: "desktop", first: 6, last: 11 }];

/** Four levels; the first layer is an anchor. */
const isSliced = (block: number) => block > 1 && block < 11;
const slicing: Slicing = {
  levels: 4,
  isSliced,
  bytesOf: (block, level) => (isSliced(block) ? level / 4 : 1) * (problem.blocks[block]?.weightBytes ?? 0),
};

function timesOf(problem: Problem, runs: readonly Run[], more: Partial<Slicing> = {}): ElasticTimes {
  const times = elasticTimes(problem, runs, { ...slicing, ...more });
  assert.ok(times !== undefined);
  return times;
}

function at({ levels }: ElasticTimes, level: number): LevelTimes {
  const times = levels.find((each) => each.level === level);
  assert.ok(times !== undefined);
  return times;
}

function close(actual: number | undefined, expected: number): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) < 1e-6 * Math.max(1, expected),
    `${actual}, ${expected}`,
  );
}

test("the whole model takes as a level what is predicted of the plan, whatever the prompt", () => {
  const times = timesOf(problem, halves);
  for (const promptTokens of [1, 60, 128, 256, 1280]) {
    const predicted = predict({ ...problem, shape: { ...problem.shape, promptTokens } }, halves);
    assert.ok(predicted.type === "possible");
    const expected = expectedTimes(times, { level: 4, promptTokens });
    close(expected?.tpotMilliseconds, predicted.prediction.tpotMilliseconds);
    close(expected?.ttftMilliseconds, predicted.prediction.ttftMilliseconds);
  }
});

test("a level takes its share of the layers that are sliced, all of an anchor and of the head, and every hop", () => {
  const { computeMilliseconds, slowestMilliseconds, weightBytes } = at(timesOf(problem, halves), 1);
  // The anchor and four layers at 1 ms; five layers and the head at 2 ms.
  close(computeMilliseconds, 1 + 4 / 4 + 10 / 4 + 2);
  close(slowestMilliseconds, 10 / 4 + 2);
  assert.equal(weightBytes, 100 + 100 + 9 * 25 + 100);
  close(expectedTimes(timesOf(problem, halves), { level: 1, promptTokens: 1 })?.tpotMilliseconds, 6.5 + 1.1 + 1.0004);
});

test("what a device has found that a level takes counts there, and nowhere else", () => {
  const measured = (device: string, level: number) =>
    device === "laptop" && level === 1 ? { decode: 0.5, prefill: 0.3 } : undefined;
  const times = timesOf(problem, halves, { measured });
  close(at(times, 1).computeMilliseconds, 1 + 4 * 0.5 + 10 / 4 + 2);
  close(at(times, 1).tokenMilliseconds, (1 + 4 * 0.3) / 4 + 10 / 4 / 4 + 0.1);
  assert.deepEqual(at(times, 4), at(timesOf(problem, halves), 4));
});

test("plans that memory or wishes would not allow any more have times as long as they are in force", () => {
  const cramped = { ...problem, devices: devices.map((each) => ({ ...each, usableBytes: 1, allowed: false })) };
  assert.deepEqual(timesOf(cramped, halves), timesOf(problem, halves));
  assert.equal(elasticTimes(problem, [{ device: "phone", first: 0, last: 11 }], slicing), undefined);
});

const alone = { device: "laptop", first: 0, last: 11 };
const curve = home([{ ...device("laptop", 7000, 1), stepFactors: [1, 1.2, 1.6, 2.4, 4] }]);

test("answers of one level share steps, those of others take turns on the device", () => {
  const times = timesOf(curve, [alone]);
  const tpot = (level: number, ...others: number[]) => {
    const underway = others.map((level) => ({ level, promptTokens: 0 }));
    return expectedTimes(times, { level, promptTokens: 4 }, underway)?.tpotMilliseconds;
  };
  const [least, whole] = [at(times, 1).computeMilliseconds, at(times, 4).computeMilliseconds];
  close(tpot(4), whole);
  close(tpot(4, 4), 1.2 * whole);
  close(tpot(4, 4, 4, 4), 1.6 * whole);
  close(tpot(1, 4), least + whole);
  close(tpot(1, 1, 4), 1.2 * least + whole);
});

test("on several devices others are elsewhere meanwhile, until the slowest is busy all the time", () => {
  const times = timesOf(problem, halves);
  const tpot = (others: number) =>
    expectedTimes(times, { level: 4, promptTokens: 4 }, new Array(others).fill({ level: 4, promptTokens: 0 }))
      ?.tpotMilliseconds ?? NaN;
  const alone = tpot(0);
  // 12 of 19 ms are on the desktop: two answers that take turns there keep it busy.
  close(tpot(1), 24);
  assert.ok(alone < 24 && tpot(3) > 24 && tpot(3) < 4 * alone);
});

test("where more answers than devices share a step, it runs their levels one after another on every device", () => {
  const times = timesOf(problem, halves);
  const tpot = (level: number, ...others: number[]) => {
    const underway = others.map((level) => ({ level, promptTokens: 0 }));
    return expectedTimes(times, { level, promptTokens: 4 }, underway)?.tpotMilliseconds ?? NaN;
  };
  assert.ok(tpot(1, 1, 4, 4) > tpot(1, 1, 1, 1));
  close(tpot(1, 4), Math.max(tpot(1), at(times, 1).slowestMilliseconds + at(times, 4).slowestMilliseconds));
});

test("prompts that came before are read first, and readers take turns with them", () => {
  const times = timesOf(curve, [alone]);
  const ttft = (...underway: { level: number; promptTokens: number }[]) =>
    expectedTimes(times, { level: 4, promptTokens: 100 }, underway)?.ttftMilliseconds ?? NaN;
  const { tokenMilliseconds, firstMilliseconds } = at(times, 4);
  close(ttft(), firstMilliseconds + 100 * tokenMilliseconds);
  // By the time that it is this one's turn, who came before reads on.
  const before = 50 * at(times, 1).tokenMilliseconds;
  close(ttft({ level: 1, promptTokens: 50 }), firstMilliseconds + before + 1.625 * 100 * tokenMilliseconds);
  close(ttft({ level: 4, promptTokens: 0 }), firstMilliseconds + 1.625 * 100 * tokenMilliseconds);
  // A book that is being read does not have to end first.
  assert.ok(ttft({ level: 4, promptTokens: 100_000 }) < ttft() + 800 * tokenMilliseconds);
});

test("whoever finds no place waits until one of those that have one has ended, behind those that wait already", () => {
  const times = timesOf(curve, [alone]);
  const ttft = (...tokensLeft: number[]) => {
    const underway = tokensLeft.map((tokensLeft) => ({ level: 4, promptTokens: 0, tokensLeft }));
    return expectedTimes(times, { level: 4, promptTokens: 4 }, underway, 2)?.ttftMilliseconds ?? NaN;
  };
  const pair = 1.2 * at(times, 4).computeMilliseconds;
  const beside = ttft(50);
  close(ttft(50, 20), beside + 20 * pair);
  close(ttft(50, 20, 20), beside + 40 * pair);
  close(ttft(50, 20, 40), beside + 50 * pair);
});

test("a level that the model does not have is not predicted", () => {
  assert.equal(expectedTimes(timesOf(problem, halves), { level: 5, promptTokens: 1 }), undefined);
});

test("more of the model, more of the prompt and more answers never take less time", () => {
  const times = timesOf(problem, halves);
  const level = fc.integer({ min: 1, max: 4 });
  const tokens = fc.integer({ min: 1, max: 2000 });
  const underway = fc.array(fc.record({ level, promptTokens: fc.oneof(fc.constant(0), tokens) }), { maxLength: 20 });
  fc.assert(
    fc.property(level, tokens, underway, fc.record({ level, promptTokens: tokens }), (level, n, others, more) => {
      const least = expectedTimes(times, { level, promptTokens: n }, others);
      const bigger = expectedTimes(times, { level: Math.min(4, level + 1), promptTokens: n }, others);
      const longer = expectedTimes(times, { level, promptTokens: n + 1 }, others);
      const fuller = expectedTimes(times, { level, promptTokens: n }, [...others, more]);
      assert.ok(least !== undefined && bigger !== undefined && longer !== undefined && fuller !== undefined);
      assert.ok(longer.ttftMilliseconds >= least.ttftMilliseconds - 1e-9);
      assert.ok(bigger.ttftMilliseconds >= least.ttftMilliseconds - 1e-9);
      assert.ok(fuller.ttftMilliseconds >= least.ttftMilliseconds - 1e-9);
    }),
  );
});
