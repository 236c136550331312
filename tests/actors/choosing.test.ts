import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chooseFor, type Wanted } from "../../actors/gateway/choosing.ts";
import type { ElasticTimes, Target } from "../../plans/mod.ts";

const TIMES: ElasticTimes = {
  ...{ stages: 1, linkMilliseconds: 0, stepFactors: [1, 1, 1, 1, 1] },
  levels: [1, 2, 3, 4].map((level) => ({
    ...{ level, weightBytes: level, computeMilliseconds: level, slowestMilliseconds: level },
    ...{ firstMilliseconds: 5, tokenMilliseconds: level, laterTokenMilliseconds: level },
  })),
};

const bound = fc.oneof(
  fc.record({ type: fc.constant("milliseconds" as const), most: fc.double({ min: 0.1, max: 500, noNaN: true }) }),
  fc.record({ type: fc.constant("share" as const), most: fc.double({ min: 0.01, max: 1, noNaN: true }) }),
);
const target: fc.Arbitrary<Target> = fc.oneof(
  fc.constant({ type: "full" as const }),
  fc.record({ type: fc.constant("bounded" as const), ttft: bound, tpot: bound, strict: fc.boolean() }),
);
const factors = fc.array(fc.double({ min: 0.25, max: 4, noNaN: true }), { minLength: 4, maxLength: 4 });

test("what is said to be met is predicted within what is allowed, and what is not says why or is refused", () => {
  const wanted = fc.record({
    target,
    ways: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }).map((tokens) =>
      tokens.sort((a, b) => b - a).map((promptTokens, at) => ({ share: 1 - at / 5, promptTokens }))
    ),
    spent: fc.integer({ min: 0, max: 100 }),
    factors,
  });
  fc.assert(fc.property(wanted, ({ target, ways, spent, factors }) => {
    const corrected: Wanted["corrected"] = ({ ttftMilliseconds, tpotMilliseconds }, level) => {
      return { ttftMilliseconds, tpotMilliseconds: tpotMilliseconds * (factors[level - 1] ?? 1) };
    };
    const choosing = chooseFor({ target, times: TIMES, ways, underway: [], spent, places: 4, corrected });
    if (choosing.type === "unreachable") return assert.ok(target.type === "bounded" && target.strict);
    const { predicted, allowed, met, word, level, promptShare } = choosing.chosen;
    assert.equal(word === undefined, met);
    if (target.type === "full") assert.deepEqual([level, promptShare], [4, 1]);
    if (!met || predicted === undefined) return;
    const rounding = 1 + 1e-6;
    assert.ok(predicted.ttftMilliseconds <= rounding * (allowed.ttftMilliseconds ?? Infinity));
    assert.ok(predicted.tpotMilliseconds <= rounding * (allowed.tpotMilliseconds ?? Infinity));
  }));
});

test("less of the model is never expected to take longer than more of it, whatever a few answers took", () => {
  fc.assert(fc.property(factors, ([one = 1, ...others]) => {
    const at = (factor: number) => {
      const all = [factor, ...others];
      const corrected: Wanted["corrected"] = ({ ttftMilliseconds, tpotMilliseconds }, level) => {
        return { ttftMilliseconds, tpotMilliseconds: tpotMilliseconds * (all[level - 1] ?? 1) };
      };
      const target: Target = { type: "bounded", tpot: { type: "milliseconds", most: 0.001 }, strict: false };
      const ways = [{ share: 1, promptTokens: 10 }];
      const choosing = chooseFor({ target, times: TIMES, ways, underway: [], spent: 0, places: 4, corrected });
      return choosing.type === "chosen" ? choosing.chosen.predicted?.tpotMilliseconds ?? NaN : NaN;
    };
    const least = Math.min(...others.map((factor, index) => factor * (index + 2)));
    assert.ok(at(one) <= least + 1e-9);
  }));
});
