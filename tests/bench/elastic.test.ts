/** The statistics of the elastic benchmark: traces, one server's queue, intervals, clocks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bootstrapMean } from "../../bench/elastic/bootstrap.ts";
import { between, clockOf, medianRound } from "../../bench/elastic/clock.ts";
import { waitsOf } from "../../bench/elastic/queue.ts";
import { traceOf } from "../../bench/elastic/trace.ts";
import { seededRandom } from "../../training/generator/mod.ts";

test("the bootstrap's interval of a mean is the normal one: 1.96 standard errors to each side", () => {
  const random = seededRandom(3);
  const values = Array.from({ length: 400 }, () => random.chance(0.3) ? 1 : 0);
  const samples = values.map((value, cluster) => ({ cluster, value }));
  const { value: mean, low, high } = bootstrapMean(samples, { random, resamples: 4000 });
  const share = values.reduce<number>((sum, value) => sum + value, 0) / values.length;
  const wide = 1.96 * Math.sqrt(share * (1 - share) / values.length);
  assert.equal(mean, share);
  for (const side of [mean - low, high - mean]) assert.ok(Math.abs(side / wide - 1) < 0.1, `${side} is not ${wide}`);
});

test("what is told many times is as sure as what is told once", () => {
  const once = Array.from({ length: 100 }, (_, cluster) => ({ cluster, value: cluster % 2 }));
  const often = Array.from({ length: 9 }, () => once).flat();
  const width = (samples: typeof once) => {
    const { low, high } = bootstrapMean(samples, { random: seededRandom(5) });
    return high - low;
  };
  assert.equal(width(often), width(once));
});

test("who comes while another is served waits until it is done, and nobody waits for an idle server", () => {
  const arrivals = [
    { at: 0, service: 10 },
    { at: 4, service: 10 },
    { at: 5, service: 1 },
    { at: 21, service: 3 },
    { at: 30, service: 3 },
  ];
  assert.deepEqual(waitsOf(arrivals), [0, 6, 15, 0, 0]);
  assert.deepEqual(waitsOf([]), []);
});

test("a server that works all the time is done when all services have passed", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (services) => {
    const waits = waitsOf(services.map((service) => ({ at: 0, service })));
    const all = services.reduce((sum, service) => sum + service, 0);
    assert.equal((waits.at(-1) ?? NaN) + (services.at(-1) ?? NaN), all);
  }));
});

test("arrivals are a Poisson process: the gaps' mean and spread are the wanted one", () => {
  const trace = traceOf({ random: seededRandom(1), skew: 0, requests: 20_000, every: 50, prompts: 10 });
  const gaps = trace.map(({ at }, index) => at - (trace[index - 1]?.at ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const spread = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  for (const value of [mean, spread]) assert.ok(Math.abs(value / 50 - 1) < 0.03, `${value} is not 50`);
});

test("a skew above 0 asks for the tight targets more often, one below 0 for the loose, and 0 for all alike", () => {
  const shares = (skew: number) => {
    const trace = traceOf({ random: seededRandom(2), skew, requests: 60_000, every: 1, prompts: 3 });
    return Array.from({ length: 6 }, (_, target) => trace.filter((one) => one.target === target).length / trace.length);
  };
  for (const skew of [-0.25, 0, 0.25]) {
    const weights = Array.from({ length: 6 }, (_, target) => Math.exp(skew * target));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [target, share] of shares(skew).entries()) {
      assert.ok(Math.abs(share - (weights[target] ?? 0) / all) < 0.01, `${share} of target ${target} at skew ${skew}`);
    }
  }
});

test("the same seed gives the same trace", () => {
  const trace = (seed: number) => traceOf({ random: seededRandom(seed), skew: 0.25, every: 9, prompts: 40 });
  assert.deepEqual(trace(7), trace(7));
  assert.notDeepEqual(trace(7), trace(8));
  assert.equal(trace(7).length, 600);
});

test("between measured lengths the clock goes straight, and on beyond the last", () => {
  assert.deepEqual([16, 24, 32, 48, 8].map((tokens) => between([16, 32], [2, 4], tokens)), [2, 3, 4, 6, 1]);
  assert.equal(between([16], [2], 100), 2);
});

test("the usual clock is the median of each time over the rounds", () => {
  const rounds = [1, 9, 3].map((by) => ({
    prefill: [[by, 2 * by], [4 * by, 5 * by]],
    decode: [by, 2 * by],
    choose: [by, by],
  }));
  const clock = clockOf([10, 20], medianRound(rounds));
  assert.deepEqual([clock.levels, clock.prefill(20, 2), clock.prefill(15, 1), clock.decode(2), clock.choose(10)], [
    2,
    15,
    4.5,
    6,
    3,
  ]);
});
