import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Candidate, chooseLevel, type Target } from "../../plans/mod.ts";

/** Every level with every share of the prompt, in times that are proportional to both. */
function grid(right?: (promptShare: number, level: number) => number): Candidate[] {
  return [1, 0.8, 0.6, 0.4, 0.2].flatMap((promptShare) =>
    [1, 2, 3, 4].map((level) => ({
      promptShare,
      level,
      ttftMilliseconds: 100 * promptShare * level,
      tpotMilliseconds: 10 * level,
      ...(right === undefined ? {} : { right: right(promptShare, level) }),
    }))
  );
}

function within(ttft: number, tpot: number): Target {
  return {
    type: "bounded",
    ttft: { type: "milliseconds", most: ttft },
    tpot: { type: "milliseconds", most: tpot },
    strict: false,
  };
}

function chosen(target: Target, candidates: readonly Candidate[]): [number, number, boolean] {
  const choice = chooseLevel(target, candidates);
  assert.ok(choice !== undefined);
  return [choice.candidate.promptShare, choice.candidate.level, choice.met];
}

test("without a word of what is right, the whole prompt is kept with the highest level that is fast enough", () => {
  assert.deepEqual(chosen(within(250, 40), grid()), [1, 2, true]);
  assert.deepEqual(chosen(within(90, 40), grid()), [0.8, 1, true]);
});

test("what is most probably right is taken, and the lightest of those that are as good as that", () => {
  const right = (promptShare: number, level: number) => promptShare === 0.6 && level === 4 ? 0.9 : 0.5 + level * 0.05;
  assert.deepEqual(chosen(within(250, 40), grid(right)), [0.6, 4, true]);
  assert.deepEqual(chosen(within(1e6, 1e6), grid((share, level) => level >= 2 && share > 0.5 ? 0.8 : 0.785)), [
    0.2,
    1,
    true,
  ]);
});

test("shares are of what the whole model takes with the whole prompt", () => {
  const target: Target = {
    type: "bounded",
    ttft: { type: "share", most: 0.4 },
    tpot: { type: "share", most: 0.7 },
    strict: false,
  };
  assert.deepEqual(chosen(target, grid()), [1, 1, true]);
  const whole = { type: "share", most: 1 } as const;
  assert.deepEqual(chosen({ type: "bounded", ttft: whole, tpot: whole, strict: false }, grid()), [1, 4, true]);
});

test("whoever wants the whole model gets it, however long it takes and whatever else were as right", () => {
  assert.deepEqual(chosen({ type: "full" }, grid(() => 1)), [1, 4, true]);
});

test("where nothing is as fast as is asked, the fastest reads all of the prompt: nothing of it is left out in vain", () => {
  for (const target of [within(1, 1), within(100, 5), within(25, 5)]) {
    assert.deepEqual(chosen(target, grid()), [1, 1, false]);
    assert.deepEqual(chosen(target, grid(() => 0.5)), [1, 1, false]);
  }
});

test("without candidates there is nothing to choose", () => {
  assert.equal(chooseLevel(within(1, 1), []), undefined);
});

const candidates = fc.array(
  fc.record({
    promptShare: fc.constantFrom(1, 0.8, 0.6, 0.4, 0.2),
    level: fc.integer({ min: 1, max: 4 }),
    ttftMilliseconds: fc.double({ min: 1, max: 1000, noNaN: true }),
    tpotMilliseconds: fc.double({ min: 1, max: 1000, noNaN: true }),
    right: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 20 },
);
const most = fc.double({ min: 1, max: 1000, noNaN: true });

test("nothing too slow is chosen where something is fast enough", () => {
  fc.assert(fc.property(candidates, most, most, (candidates, ttft, tpot) => {
    const fits = ({ ttftMilliseconds, tpotMilliseconds }: Candidate) =>
      ttftMilliseconds <= ttft && tpotMilliseconds <= tpot;
    const choice = chooseLevel(within(ttft, tpot), candidates);
    assert.ok(choice !== undefined);
    if (candidates.some(fits)) assert.ok(choice.met);
    // Times that are a rounding error above a bound count as within it.
    if (choice.met) {
      const { ttftMilliseconds, tpotMilliseconds } = choice.candidate;
      assert.ok(ttftMilliseconds <= ttft * (1 + 1e-8) && tpotMilliseconds <= tpot * (1 + 1e-8));
    }
  }));
});

test("a looser target never gets what is less right, beyond what is told apart", () => {
  fc.assert(fc.property(candidates, most, most, most, most, (candidates, ttft, tpot, moreTtft, moreTpot) => {
    const tight = chooseLevel(within(ttft, tpot), candidates);
    const loose = chooseLevel(within(ttft + moreTtft, tpot + moreTpot), candidates);
    assert.ok(tight !== undefined && loose !== undefined);
    if (!tight.met) return;
    assert.ok(loose.met);
    assert.ok((loose.candidate.right ?? 0) >= (tight.candidate.right ?? 0) - 0.02 - 1e-12);
  }));
});

test("where nothing is known of what is right, a looser target never gets less of the prompt", () => {
  fc.assert(fc.property(candidates, most, most, most, most, (known, ttft, tpot, moreTtft, moreTpot) => {
    const candidates = known.map(({ right: _unknown, ...candidate }) => candidate);
    const tight = chooseLevel(within(ttft, tpot), candidates);
    const loose = chooseLevel(within(ttft + moreTtft, tpot + moreTpot), candidates);
    if (tight?.met !== true || loose === undefined) return;
    assert.ok(loose.candidate.promptShare >= tight.candidate.promptShare);
  }));
});
