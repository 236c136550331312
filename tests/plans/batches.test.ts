import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { batchRows, factorAt, fitFactors, pipelineOf, predict, simulate, usualFactors } from "../../plans/mod.ts";
import { device, home } from "./home.ts";

function near(actual: number, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, expected), `${actual} is not ${expected}`);
}

test("whatever is measured, a curve begins with 1, never falls, and no step takes longer than its rows one by one", () => {
  const time = fc.double({ min: 0, max: 1e4, noNaN: true });
  const measured = fc.subarray([...batchRows]).chain((sizes) =>
    fc.tuple(...sizes.map((rows) => fc.record({ rows: fc.constant(rows), steps: fc.nat(50), milliseconds: time })))
  );
  fc.assert(
    fc.property(measured, fc.double({ min: 1, max: 64, noNaN: true }), (measured, rows) => {
      const factors = fitFactors(measured);
      assert.equal(factors.length, batchRows.length);
      assert.equal(factors[0], 1);
      for (const [at, factor] of factors.entries()) {
        const before = factors[at - 1] ?? 1;
        assert.ok(factor >= before && factor <= Math.max(1, 2 * before));
      }
      assert.ok(factorAt(factors, rows) <= rows * (1 + 1e-12));
      assert.ok(factorAt(factors, rows) <= factorAt(factors, rows + 1));
    }),
    { examples: [[[{ rows: 2, steps: 0, milliseconds: 0 }, { rows: 16, steps: 5, milliseconds: 5e-324 }], 1]] },
  );
});

test("a curve that was measured is kept, and one that was not is the usual one", () => {
  const times = [0.7, 0.8, 1.3, 2, 3.9];
  const measured = times.map((milliseconds, at) => ({ rows: batchRows[at] ?? 1, steps: 31, milliseconds }));
  for (const [at, factor] of fitFactors(measured).entries()) near(factor, (times[at] ?? 0) / 0.7);
  for (const [at, factor] of fitFactors([]).entries()) near(factor, usualFactors[at] ?? 0);
  // Two odd steps say nothing.
  assert.deepEqual(fitFactors([{ rows: 1, steps: 31, milliseconds: 1 }, { rows: 8, steps: 2, milliseconds: 1 }]), [
    ...usualFactors,
  ]);
});

test("sizes between those that were measured take the usual curve's way", () => {
  const factors = fitFactors([{ rows: 1, steps: 31, milliseconds: 2 }, {
    rows: 8,
    steps: 31,
    milliseconds: 2 * 2.9 * 1.3,
  }]);
  near(factors[3] ?? 0, 2.9 * 1.3);
  near(factors[2] ?? 0, 1.7 * 1.2);
  near(factors[4] ?? 0, 5.2 * 1.3);
  near(factorAt(factors, 6), (factors[2] ?? 0) / 2 + (factors[3] ?? 0) / 2);
});

const halves = [{ device: "laptop", first: 0, last: 5 }, { device: "desktop", first: 6, last: 11 }];
const factors = [1, 1.2, 1.8, 3, 5.4];
const devices = [device("laptop", 1e6, 12), device("desktop", 1e6, 10)].map((each) => ({
  ...each,
  stepFactors: factors,
}));

/** Decode alone: long answers. */
function loaded(load: number) {
  const problem = home(devices);
  return { ...problem, shape: { ...problem.shape, promptTokens: 0, outputTokens: 400, load } };
}

test("one device takes steps of all rows; two take as many lanes as stages", () => {
  for (const [load, factor] of [[1, 1], [4, 1.8], [8, 3]] as const) {
    const predicted = predict(loaded(load), [{ device: "laptop", first: 0, last: 11 }]);
    assert.ok(predicted.type === "possible");
    near(predicted.prediction.tokensPerSecond, 1000 * load / (11 * 12 * factor), 0.02);
    assert.equal(predicted.prediction.lanes, 1);
  }
  const predicted = predict(loaded(8), halves);
  assert.ok(predicted.type === "possible");
  assert.equal(predicted.prediction.lanes, 2);
  // Each of the two lanes has four rows; both stages take 60 ms for one.
  near(predicted.prediction.tokensPerSecond, 1000 * 8 / (2 * 60 * 1.8), 0.05);
});

test("lanes in a simulated pipeline give what is predicted", () => {
  for (const load of [1, 2, 4, 8, 16]) {
    const problem = loaded(load);
    const predicted = predict(problem, halves);
    assert.ok(predicted.type === "possible");
    const { lanes, tokensPerSecond } = predicted.prediction;
    const rows = load / lanes;
    const { steadyTokensPerSecond } = simulate(pipelineOf(problem, predicted.prediction, rows), {
      lanes,
      passes: 200,
      rows,
    });
    near(steadyTokensPerSecond, tokensPerSecond, 0.05);
  }
});

test("the chunks of a long prompt overlap in the stages", () => {
  const problem = home([device("laptop", 1e6, 4), device("desktop", 1e6, 4)]);
  const ttft = (promptTokens: number, runs: typeof halves) => {
    const predicted = predict({ ...problem, shape: { ...problem.shape, promptTokens } }, runs);
    assert.ok(predicted.type === "possible");
    return predicted.prediction.ttftMilliseconds;
  };
  const alone = [{ device: "laptop", first: 0, last: 11 }];
  near(ttft(512, alone), 512 * 10 + 4);
  // Four chunks of 640 ms a stage: the fill, and three more times one stage; besides links and the head.
  near(ttft(512, halves), 5 * 640, 0.05);
});
