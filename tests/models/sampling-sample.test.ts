import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultSampling, sample, type SamplingOptions } from "../../models/sampling/mod.ts";
import { drawKey, philox2x32, tokenBits } from "../../models/sampling/random.ts";
import { highest } from "../../models/sampling/select.ts";

const logit = fc.oneof(
  { weight: 8, arbitrary: fc.float({ min: -20, max: 20, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, -Infinity, 0, 1, 1) },
);
const someLogits = fc.array(logit, { minLength: 1, maxLength: 60 })
  .filter((list) => list.some((value) => value > -Infinity))
  .map((list) => Float32Array.from(list));
const someOptions: fc.Arbitrary<SamplingOptions> = fc.record({
  temperature: fc.double({ min: 0.05, max: 3, noNaN: true }),
  topK: fc.nat({ max: 70 }),
  topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
  minP: fc.double({ min: 0, max: 1, noNaN: true }),
  repetitionPenalty: fc.constant(1),
  presencePenalty: fc.constant(0),
  frequencyPenalty: fc.constant(0),
  logitBias: fc.constant([]),
  seed: fc.maxSafeInteger(),
});

function at(position: number) {
  return { position, history: [] };
}

/** Ids from the most to the least likely, by a full sort. */
function ranked(logits: Float32Array): number[] {
  return [...logits.keys()].filter((id) => (logits[id] ?? NaN) > -Infinity)
    .sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
}

/** The ids that the filters leave, by their definitions. */
function allowed(logits: Float32Array, { topK, topP, minP }: SamplingOptions): Set<number> {
  let ids = ranked(logits);
  const top = logits[ids[0] ?? 0] ?? 0;
  const weight = (id: number) => Math.exp((logits[id] ?? 0) - top);
  if (topK > 0) ids = ids.slice(0, topK);
  // A hair more than top-p, as the sums may differ in their last bits.
  const wanted = (topP + 1e-9) * ids.reduce((sum, id) => sum + weight(id), 0);
  let sum = 0;
  if (topP < 1) ids = ids.filter((id) => (sum += weight(id)) - weight(id) < wanted);
  return new Set(ids.filter((id, index) => index === 0 || weight(id) >= minP * (1 - 1e-9)));
}

test("a token is always one that top-k, top-p and min-p leave", () => {
  fc.assert(
    fc.property(someLogits, someOptions, fc.nat(), (logits, options, position) => {
      const token = sample(logits, options, at(position));
      assert.ok(allowed(logits, options).has(token));
    }),
    { numRuns: 500 },
  );
});

test("the same arguments give the same token, and the logits stay as they are", () => {
  fc.assert(fc.property(someLogits, someOptions, fc.nat(), (logits, options, position) => {
    const copy = logits.slice();
    const penalized = { ...options, repetitionPenalty: 1.3 };
    const context = { position, history: [0, 1, 1] };
    assert.equal(sample(logits, penalized, context), sample(copy, penalized, context));
    assert.deepEqual(logits, copy);
  }));
});

test("temperature 0, and top-k 1, take the most likely token, the lowest id of equals", () => {
  fc.assert(fc.property(someLogits, someOptions, (logits, options) => {
    const best = ranked(logits)[0];
    assert.equal(sample(logits, { ...options, temperature: 0 }, at(3)), best);
    assert.equal(sample(logits, { ...options, topK: 1 }, at(3)), best);
  }));
  assert.equal(sample(Float32Array.of(NaN, 2, 5, 5, NaN), { ...defaultSampling, temperature: 0 }, at(0)), 2);
});

test("the highest of a partial selection are those of a full sort", () => {
  fc.assert(fc.property(someLogits, fc.nat({ max: 70 }), (logits, count) => {
    assert.deepEqual([...highest(logits, count)], ranked(logits).slice(0, count));
  }));
});

test("tokens come as often as their probabilities say", () => {
  const logits = Float32Array.from([2, 1.5, 1, 0.5, 0, -0.5, -1, -8]);
  const draws = 20_000;
  const check = (options: Partial<SamplingOptions>, kept: number) => {
    const { temperature, ...rest } = { ...defaultSampling, ...options };
    const counts = new Float64Array(logits.length);
    for (let position = 0; position < draws; position++) {
      const token = sample(logits, { temperature, ...rest, seed: 7 }, at(position));
      counts[token] = (counts[token] ?? 0) + 1;
    }
    const weights = [...logits].map((value, id) => id < kept ? Math.exp(value / temperature) : 0);
    const total = weights.reduce((sum, weight) => sum + weight);
    const chiSquare = weights.reduce((sum, weight, id) => {
      const expected = draws * weight / total;
      const count = counts[id] ?? 0;
      if (expected === 0) assert.equal(count, 0);
      return expected === 0 ? sum : sum + (count - expected) ** 2 / expected;
    }, 0);
    // The 99.9th percentile for 7 degrees of freedom is 24.3; seed and positions are fixed, so this cannot flicker.
    assert.ok(chiSquare < 24.3, `chi square ${chiSquare}`);
  };
  check({}, 8);
  check({ temperature: 0.5, topK: 4 }, 4);
  check({ temperature: 2, topP: 0.7 }, 3);
  check({ minP: 0.2 }, 4);
});

test("the repetition penalty lowers positive and negative logits of seen tokens, once each", () => {
  const greedy = { ...defaultSampling, temperature: 0, repetitionPenalty: 2 };
  const choose = (logits: readonly number[], history: readonly number[]) =>
    sample(Float32Array.from(logits), greedy, { position: 0, history });
  assert.equal(choose([3, 2], []), 0);
  assert.equal(choose([3, 2], [0]), 1);
  assert.equal(choose([5, 2], [0, 0, 0]), 0);
  assert.equal(choose([-1, -1.5], [0]), 1);
  assert.equal(choose([3, 2], [99, -1]), 0, "ids that no logit belongs to have no effect");
});

test("a flat distribution over a large vocabulary needs more than the first look at top-p", () => {
  const logits = new Float32Array(5000);
  const options = { ...defaultSampling, topP: 0.5 };
  const tokens = Array.from({ length: 200 }, (_, position) => sample(logits, options, at(position)));
  assert.ok(tokens.every((token) => token < 2501));
  assert.ok(tokens.some((token) => token > 2000));
});

test("broken logits are an error, an infinite one is certain", () => {
  const broken = { name: "RangeError", message: /all 2 logits are NaN or minus infinity/ };
  assert.throws(() => sample(Float32Array.of(NaN, -Infinity), defaultSampling, at(0)), broken);
  assert.equal(sample(Float32Array.of(1, Infinity), defaultSampling, at(0)), 1);
});

test("many tokens of equal scores come equally often, and a draw says nothing of the next position's", () => {
  const [count, draws] = [100, 100_000];
  const logits = new Float32Array(count);
  const tokens = Array.from({ length: draws }, (_, position) => sample(logits, defaultSampling, at(position)));
  const single = new Float64Array(count);
  // Of each token and the one of the position after it, by tens.
  const pairs = new Float64Array(100);
  for (const [index, token] of tokens.entries()) {
    single[token] = (single[token] ?? 0) + 1;
    const pair = Math.floor(token / 10) * 10 + Math.floor((tokens[index + 1] ?? 0) / 10);
    if (index % 2 === 0) pairs[pair] = (pairs[pair] ?? 0) + 1;
  }
  const chiSquare = (counts: Float64Array, expected: number) =>
    counts.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
  // The 99.9th percentile for 99 degrees of freedom is 148.2; all is fixed, so this cannot flicker.
  assert.ok(chiSquare(single, draws / count) < 148.2);
  assert.ok(chiSquare(pairs, draws / 2 / 100) < 148.2);
});

test("logits that are all a little off change next to no draw, however many tokens there are", () => {
  const draws = 1500;
  const wave = (id: number) => Math.sin(id * id);
  const logits = Float32Array.from({ length: 20_000 }, (_, id) => wave(id));
  const off = logits.map((logit, id) => logit + 2e-4 * wave(id + 0.5));
  const positions = Array.from({ length: draws }, (_, position) => position);
  const changed = positions.filter((position) => {
    return sample(logits, defaultSampling, at(position)) !== sample(off, defaultSampling, at(position));
  });
  // A walk along the cumulative distribution changes ten times as many.
  assert.ok(changed.length <= draws / 1000, `${changed.length} of ${draws} draws changed`);
});

test("tokens that cannot win are passed over without changing who wins", () => {
  const noise = (id: number, position: number) => {
    const [first, second] = drawKey(0, position);
    return -Math.log(-Math.log1p(-(tokenBits(id, first, second) + 0.5) / 2 ** 32));
  };
  fc.assert(
    fc.property(
      someLogits,
      fc.double({ min: 0.05, max: 3, noNaN: true }),
      fc.nat(),
      (logits, temperature, position) => {
        const sums = Array.from(logits, (logit, id) => logit * (1 / temperature) + noise(id, position));
        const highestSum = Math.max(...sums.filter((sum) => !Number.isNaN(sum)));
        const token = sample(logits, { ...defaultSampling, temperature }, at(position));
        assert.equal(sums[token], highestSum);
      },
    ),
  );
});

test("the generator is Philox2x32-10, and each position of each seed has its own key", () => {
  // Known answers of the authors' library Random123 (kat_vectors).
  assert.deepEqual(philox2x32(0, 0, 0), [0xff1dae59, 0x6cd10df2]);
  assert.deepEqual(philox2x32(0xffffffff, 0xffffffff, 0xffffffff), [0x2c3f628b, 0xab4fd7ad]);
  assert.deepEqual(philox2x32(0x243f6a88, 0x85a308d3, 0x13198a2e), [0xdd7ce038, 0xf62a4c12]);
  const keys = new Set<string>();
  for (const seed of [0, 1, -1, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1)]) {
    for (let position = 0; position < 1000; position++) keys.add(drawKey(seed, position).join(" "));
  }
  assert.equal(keys.size, 6000);
});

test("penalties count the history as OpenAI and llama.cpp do, and biases come before them", () => {
  const logits = Float32Array.of(2, 1, 0, -1);
  const greedy = (options: Partial<SamplingOptions>, history: readonly number[]) => {
    const token = sample(logits, { ...defaultSampling, temperature: 0, ...options }, { position: 0, history });
    assert.deepEqual([...logits], [2, 1, 0, -1], "the logits stay as they are");
    return token;
  };
  assert.equal(greedy({}, [0, 0]), 0);
  assert.equal(greedy({ presencePenalty: 0.9 }, [0, 0]), 0, "once, however often it came");
  assert.equal(greedy({ presencePenalty: 1.1 }, [0]), 1);
  assert.equal(greedy({ frequencyPenalty: 0.6 }, [0]), 0);
  assert.equal(greedy({ frequencyPenalty: 0.6 }, [0, 0]), 1, "for each time");
  assert.equal(greedy({ frequencyPenalty: -1 }, [2, 2, 2]), 2, "below 0 it makes tokens more likely");
  assert.equal(greedy({ logitBias: [[3, 3.5]] }, []), 3);
  assert.equal(greedy({ logitBias: [[0, -100], [1, -100]] }, []), 2);
  assert.equal(greedy({ logitBias: [[1, 3]], repetitionPenalty: 4 }, [1]), 0, "(1 + 3) / 4 is less than 2");
  assert.equal(greedy({ logitBias: [[99, 100]] }, [77]), 0, "ids outside of the vocabulary mean nothing");
});
