import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pipelineOf, type PipelineStep, predict, simulate } from "../../plans/mod.ts";
import { device, home } from "./home.ts";

function steps(times: readonly number[], delay = 0): PipelineStep[] {
  return times.map((time, index) => ({
    name: `${index}`,
    prefillMilliseconds: time,
    decodeMilliseconds: time,
    delayMilliseconds: delay,
  }));
}

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.max(1, expected), `${actual} is not ${expected}`);
}

test("one lane takes the loop's latency a pass", () => {
  const { totalMilliseconds, tpotMilliseconds, ttftMilliseconds } = simulate(steps([2, 3, 1], 0.5), { passes: 10 });
  close(totalMilliseconds, 10 * 7.5);
  close(tpotMilliseconds, 7.5);
  assert.deepEqual(ttftMilliseconds, [7.5]);
});

test("with bubbles a cycle of B lanes takes L + (B - 1) T", () => {
  const { totalMilliseconds } = simulate(steps([2, 3, 1]), { lanes: 4, passes: 10, schedule: "bubbles" });
  close(totalMilliseconds, 10 * (6 + 3 * 3));
});

test("without bubbles a cycle of B lanes takes max(L, B T) in the long run", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }),
    fc.integer({ min: 1, max: 8 }),
    (times, lanes) => {
      const loop = times.reduce((sum, time) => sum + time, 0);
      const cycle = Math.max(loop, lanes * Math.max(...times));
      const { steadyTokensPerSecond } = simulate(steps(times), { lanes, passes: 80 });
      assert.ok(Math.abs(steadyTokensPerSecond * cycle / (1000 * lanes) - 1) < 0.05);
    },
  ));
});

test("no schedule beats the bottleneck, and no lane the latency", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }),
    fc.integer({ min: 1, max: 8 }),
    fc.constantFrom("bubbles" as const, "no-bubbles" as const),
    (times, lanes, schedule) => {
      const result = simulate(steps(times), { lanes, passes: 20, schedule });
      assert.ok(result.tokensPerSecond <= 1000 / Math.max(...times) + 1e-9);
      assert.ok(result.tpotMilliseconds >= times.reduce((sum, time) => sum + time, 0) - 1e-9);
      assert.ok(result.utilization.every((share) => share <= 1 + 1e-9));
    },
  ));
});

test("a simulated single request takes what is predicted", () => {
  const problem = home([device("laptop", 700, 1), device("desktop", 700, 2)]);
  const predicted = predict(problem, [{ device: "laptop", first: 0, last: 5 }, {
    device: "desktop",
    first: 6,
    last: 11,
  }]);
  assert.ok(predicted.type === "possible");
  const { ttftMilliseconds, tpotMilliseconds, requestMilliseconds } = predicted.prediction;
  const simulated = simulate(pipelineOf(problem, predicted.prediction), { passes: problem.shape.outputTokens });
  close(simulated.ttftMilliseconds[0] ?? 0, ttftMilliseconds);
  close(simulated.tpotMilliseconds, tpotMilliseconds);
  close(simulated.totalMilliseconds, requestMilliseconds);
});

test("options that make no sense are refused", () => {
  assert.throws(() => simulate(steps([1]), { passes: 0 }), /passes must be a whole number from 1, not 0/);
  assert.throws(() => simulate([], { passes: 1 }), /no steps/);
  assert.throws(() => simulate(steps([1]), { lanes: 9999, passes: 9999 }), /too many/);
});
