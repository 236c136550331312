/** What the page makes of studies and splits: its pure parts, without a browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

// Plain JavaScript for browsers: no types are declared for it.
const { moveBorder, sentenceOf, splitChange } = await import(new URL("../../page/study.js", import.meta.url).href);
const { bytes, describePlan, tookOf } = await import(new URL("../../page/format.js", import.meta.url).href);

const placed = (tpotMilliseconds: number) => ({
  type: "placed",
  prediction: { tpotMilliseconds, stages: [{ name: "laptop", first: 0, last: 7 }] },
});

test("a border that moves takes blocks from one neighbour and gives them to the other, and all others keep theirs", () => {
  const parts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 6 });
  fc.assert(fc.property(parts, fc.nat(), fc.nat(), (counts, border, place) => {
    const before = counts.map((blocks, index) => ({ device: `d${index}`, blocks }));
    const at = 1 + border % (counts.length - 1);
    const start = counts.slice(0, at - 1).reduce((sum, count) => sum + count, 0);
    const both = (counts[at - 1] ?? 0) + (counts[at] ?? 0);
    const first = start + 1 + place % (both - 1);
    const after = moveBorder(before, at, first) as typeof before;
    assert.deepEqual(
      after.filter((_, index) => index < at - 1 || index > at),
      before.filter((_, index) => index < at - 1 || index > at),
    );
    assert.deepEqual([after[at - 1]?.blocks, after[at]?.blocks], [first - start, both - (first - start)]);
  }));
  assert.equal(splitChange([{ device: "a=b", blocks: 2 }, { device: "c", blocks: 6 }]), "split:a=b=2,c=6");
});

test("a study is one sentence: slower or faster than the plan in force, no plan, or what is wrong with the question", () => {
  const of = (changed: unknown) =>
    sentenceOf({ outcome: placed(30), current: { tpotMilliseconds: 20 }, changed }, "Without board");
  assert.equal(
    of({ outcome: placed(50) }),
    "Without board: 50.0 ms a token rather than 20.0 ms, 2.50 times slower; laptop 0–7.",
  );
  assert.equal(
    of({ outcome: placed(10) }),
    "Without board: 10.0 ms a token rather than 20.0 ms, 2.00 times faster; laptop 0–7.",
  );
  assert.match(of({ outcome: placed(20.1) }), /as fast;/);
  assert.equal(
    of({ outcome: { type: "infeasible", reason: "It does not fit." } }),
    "Without board there is no plan: It does not fit.",
  );
  assert.equal(of({ invalid: "No device is called so." }), "No device is called so.");
});

test("plans, answers and sizes are told in words", () => {
  const plan = { number: { term: 3, epoch: 2 }, planner: "solver", forecast: { gap: 0, tpotMilliseconds: 50 } };
  assert.equal(
    describePlan(plan, undefined),
    "Plan 3.2, by the solver, proven to be the best. Predicted: 50.0 ms a token.",
  );
  const route = [{ device: "laptop", first: 0, last: 17 }, { device: "board", first: 18, last: 18 }];
  const took = { ttft_ms: 40, total_ms: 1040, completion_tokens: 21, conversations: 2, route };
  assert.equal(
    tookOf(took),
    "first token after 40.0 ms, 21 tokens, 20.0 tokens/s; laptop 0–17 → board 18; taken up again once",
  );
  assert.deepEqual([bytes(0), bytes(1536), bytes(300 * 2 ** 20)], ["0 bytes", "1.5 KiB", "300 MiB"]);
});
