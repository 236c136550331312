/** When guesses go along: where they bring more than they cost, as it is measured. Steps are simulated, time by time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Speculation } from "../../actors/conversation/speculation.ts";

/** What a step of so many tokens takes. */
type Cost = (tokens: number) => number;

const costs: Readonly<Record<string, Cost>> = {
  "a slow link: all steps take the same": () => 50,
  "a step of eight takes twice as long as one": (tokens) => 20 * (1 + (tokens - 1) / 7),
  "tokens run one after another": (tokens) => 20 * tokens,
};

/** Runs an answer of so many tokens; each guess is right by a chance of its own. Returns how much faster it was. */
function speedUp(tokens: number, cost: Cost, isRight: (place: number) => boolean, offered: () => number): number {
  const speculation = new Speculation();
  let [took, made] = [0, 0];
  while (made < tokens) {
    const proposal = { guesses: new Array<number>(offered()).fill(1), matched: 8 };
    const guesses = speculation.choose(proposal);
    assert.ok(guesses <= proposal.guesses.length);
    const step = [];
    while (step.length < guesses && isRight(made + step.length)) step.push(1);
    // The token behind the last guess: had one more been sent along, would it have been right?
    step.push(isRight(made + step.length) && step.length === guesses ? 1 : 2);
    const milliseconds = cost(guesses + 1);
    speculation.record({ proposal, guesses, tokens: step, milliseconds });
    took += milliseconds;
    made += step.length;
  }
  return made * cost(1) / took;
}

const table = [
  // Which cost, how often guesses are right, and how much faster an answer of 256 tokens is at least.
  ["a slow link: all steps take the same", 0.95, 5],
  ["a slow link: all steps take the same", 0.6, 1.7],
  ["a step of eight takes twice as long as one", 0.95, 2.5],
  ["a step of eight takes twice as long as one", 0.5, 1.15],
  ["tokens run one after another", 0.95, 0.975],
] as const;

for (const [name, right, least] of table) {
  test(`where ${name} and ${100 * right}% of guesses are right, an answer is ${least} times as fast at least`, () => {
    let state = 7;
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const faster = speedUp(256, costs[name] ?? (() => NaN), () => random() < right, () => 15);
    assert.ok(faster >= least, `${faster}`);
  });
}

test("no answer of 64 tokens or more is slower than 0.97 of what it would be, however wrong its guesses are", () => {
  const answer = fc.record({
    tokens: fc.integer({ min: 64, max: 600 }),
    slope: fc.double({ min: 0, max: 1.2, noNaN: true }),
    right: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
    /** From here on all guesses are wrong. */
    turns: fc.integer({ min: 0, max: 600 }),
  });
  fc.assert(
    fc.property(answer, ({ tokens, slope, right, seed, turns }) => {
      let state = seed;
      const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
      const cost: Cost = (count) => 30 * (1 + slope * (count - 1));
      const faster = speedUp(
        tokens,
        cost,
        (place) => place < turns && random() < right,
        () => Math.floor(16 * random()),
      );
      assert.ok(faster >= 0.97, `${faster}`);
    }),
    { numRuns: 200 },
  );
});

test("nothing is guessed before a single token was timed, nor where nothing is proposed", () => {
  const speculation = new Speculation();
  const proposal = { guesses: [1, 2, 3], matched: 8 };
  assert.equal(speculation.choose(proposal), 0);
  speculation.record({ proposal, guesses: 0, tokens: [1], milliseconds: 10 });
  assert.equal(speculation.choose({ guesses: [], matched: 0 }), 0);
  assert.ok(speculation.choose(proposal) > 0);
});

test("steps that take no time at all, by a coarse clock, are no reason to guess or to fail", () => {
  assert.equal(speedUp(100, () => 0, () => true, () => 4), NaN);
});
