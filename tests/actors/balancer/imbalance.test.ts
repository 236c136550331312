/** Whether a segment runs as planned: windows in, verdicts out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Finding, type Imbalance, judge, PATIENCE, unjudged } from "../../../actors/balancer/imbalance.ts";

const PREDICTED = 10;

/** Judges windows whose steps took so many times as long as predicted; `null` is one without work. */
function findings(ratios: readonly (number | null)[], state: Imbalance = unjudged): Finding[] {
  return ratios.map((ratio) => {
    const window = { steps: 50, measured: PREDICTED * (ratio ?? 0), predicted: PREDICTED, least: 0.5 };
    const judged = judge(state, ratio === null ? undefined : window);
    state = judged.state;
    return judged.finding;
  });
}

const types = (ratios: readonly (number | null)[]) => findings(ratios).map(({ type }) => type);

test("three windows in a row that are a fifth off are an imbalance, told with the time over all of them", () => {
  assert.deepEqual(types([1.5, 1.5]), ["leaning", "leaning"]);
  const last = findings([1.2, 1.5, 1.8]).at(-1);
  assert.ok(last?.type === "imbalanced");
  assert.equal(last.towards, "slower");
  assert.ok(Math.abs(last.measured - 15) < 1e-9 && Math.abs(last.ratio - 1.5) < 1e-9);
  assert.equal(last.steps, 150);
});

test("a device that stumbles for ten seconds and is a little slow before or after has not changed", () => {
  assert.ok(!types([2.5, 2.5, 1.25, 1]).includes("imbalanced"));
  assert.ok(!types([1.25, 2.5, 2.5, 1]).includes("imbalanced"));
  assert.equal(types([1.5, 3, 3, 3]).indexOf("imbalanced"), 3, "one that becomes slow in the middle of a window has");
});

test("a device that is faster than planned is as much out of balance as a slower one", () => {
  assert.ok(findings([0.5, 0.5, 0.5]).some((finding) => finding.type === "imbalanced" && finding.towards === "faster"));
});

test("one window in balance, or one that is off the other way, begins the count anew", () => {
  assert.ok(!types([1.5, 1.5, 1, 1.5, 1.5]).includes("imbalanced"));
  assert.ok(!types([1.5, 1.5, 0.5, 1.5, 1.5]).includes("imbalanced"));
});

test("windows without work leave the count as it is for a while, and then forget it", () => {
  assert.equal(types([1.5, 1.5, null, null, 1.5]).at(-1), "imbalanced");
  assert.equal(types([1.5, 1.5, ...Array(8).fill(null), 1.5]).at(-1), "leaning");
});

test("too few steps, or a plan that predicts nothing, are no evidence", () => {
  for (const odd of [{ steps: 3 }, { predicted: 0 }, { predicted: NaN }]) {
    const window = { steps: 50, measured: 30, predicted: 10, least: 0.5, ...odd };
    assert.equal(judge(unjudged, window).finding.type, "idle");
  }
});

test("a difference that is nothing to a token's time is none", () => {
  const window = { steps: 50, measured: 0.2, predicted: 0.1, least: 0.5 };
  assert.equal(judge(unjudged, window).finding.type, "balanced");
});

test("whoever is not heard says it again after twice as many windows each time, until it was calm", () => {
  const every = findings(Array(60).fill(2)).flatMap(({ type }, index) => type === "imbalanced" ? [index + 1] : []);
  assert.deepEqual(every, [PATIENCE, 3 * PATIENCE, 7 * PATIENCE, 15 * PATIENCE]);
  const after = types([2, 2, 2, ...Array(12).fill(1), 2, 2, 2]);
  assert.equal(after.at(-1), "imbalanced");
});

test("windows within a fifth never propose anything, whatever their order", () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0.84, max: 1.19, noNaN: true }), { maxLength: 200 }), (ratios) => {
    return findings(ratios).every(({ type }) => type === "balanced");
  }));
});

test("an imbalance is never found in fewer than three windows that are off", () => {
  const ratio = fc.oneof(fc.constant(null), fc.double({ min: 0.1, max: 10, noNaN: true }));
  fc.assert(fc.property(fc.array(ratio, { maxLength: 100 }), (ratios) => {
    let off = 0;
    return findings(ratios).every((finding) => {
      off = finding.type === "balanced" ? 0 : finding.type === "idle" ? off : off + 1;
      if (finding.type !== "imbalanced") return true;
      const enough = off >= PATIENCE;
      off = 0;
      return enough;
    });
  }));
});
