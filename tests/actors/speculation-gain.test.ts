/** When guesses go along: where they bring more than they cost, as it is measured. Steps are simulated, time by time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Experience } from "../../actors/conversation/experience.ts";
import { Speculation } from "../../actors/conversation/speculation.ts";

/** What a step of so many tokens takes. */
type Cost = (tokens: number) => number;

const costs: Readonly<Record<string, Cost>> = {
  "a slow link: all steps take the same": () => 50,
  "a step of eight takes twice as long as one": (tokens) => 20 * (1 + (tokens - 1) / 7),
  "tokens run one after another": (tokens) => 20 * tokens,
};

interface Run {
  readonly tokens: number;
  readonly cost: Cost;
  /** Whether a guess at a place is right. */
  readonly isRight: (place: number) => boolean;
  readonly offered: () => number;
  readonly experience?: Experience;
}

/** Runs an answer of so many tokens. Returns how much faster it was; NaN where nothing takes time. */
function speedUp(run: Run): number {
  const { took, made } = timeOf(run);
  return made * run.cost(1) / took;
}

function timeOf({ tokens, cost, isRight, offered, experience }: Run): { readonly took: number; readonly made: number } {
  const speculation = new Speculation(experience);
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
  return { took, made };
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
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
    const random = randomOf(7);
    const cost = costs[name] ?? (() => NaN);
    const faster = speedUp({ tokens: 256, cost, isRight: () => random() < right, offered: () => 15 });
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
      const random = randomOf(seed);
      const cost: Cost = (count) => 30 * (1 + slope * (count - 1));
      const faster = speedUp({
        ...{ tokens, cost, isRight: (place) => place < turns && random() < right },
        offered: () => Math.floor(16 * random()),
      });
      assert.ok(faster >= 0.97, `${faster}`);
    }),
    { numRuns: 200 },
  );
});

test("where tokens run one after another, many short answers together take no longer, however unsteady steps are", () => {
  const answers = fc.record({
    tokens: fc.integer({ min: 12, max: 40 }),
    right: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
  });
  fc.assert(
    fc.property(answers, ({ tokens, right, seed }) => {
      const [random, weather] = [randomOf(seed), randomOf(seed + 1)];
      const experience = new Experience();
      let [took, plain, disturbance] = [0, 0, 0];
      for (let answer = 0; answer < 60; answer++) {
        const cost: Cost = (count) => {
          // Every tenth step something else has the processor. That is nobody's fault: what counts is the rest.
          const delay = weather() < 0.1 ? 3 * weather() : 0;
          disturbance += delay;
          return count + delay;
        };
        const isRight = () => random() < right;
        const run = timeOf({ tokens, cost, isRight, offered: () => Math.floor(16 * random()), experience });
        [took, plain] = [took + run.took, plain + run.made];
      }
      assert.ok(plain / (took - disturbance) >= 0.97, `${plain / (took - disturbance)}`);
    }),
    { numRuns: 100 },
  );
});

test("what one answer has tried out the next knows: it guesses at once where that pays, and is left in peace where not", () => {
  const experience = new Experience();
  const always = { tokens: 40, isRight: () => true, offered: () => 15 };
  const [first, second] = [0, 1].map(() => speedUp({ ...always, cost: () => 50, experience }));
  assert.ok((second ?? 0) > 1.2 * (first ?? Infinity), `${first}, then ${second}`);
  const one = new Experience();
  const slow = { tokens: 24, cost: (count: number) => 20 * count, isRight: () => false, offered: () => 15 };
  const speeds = [0, 1, 2, 3].map(() => speedUp({ ...slow, experience: one }));
  assert.deepEqual(speeds.slice(1), [1, 1, 1]);
});

test("nothing is guessed before a few single tokens were timed, nor where nothing is proposed", () => {
  const speculation = new Speculation();
  const proposal = { guesses: [1, 2, 3], matched: 8 };
  for (let step = 0; step < 3; step++) {
    assert.equal(speculation.choose(proposal), 0);
    speculation.record({ proposal, guesses: 0, tokens: [1], milliseconds: 10 });
  }
  assert.equal(speculation.choose({ guesses: [], matched: 0 }), 0);
  assert.ok(speculation.choose(proposal) > 0);
});

test("steps that take no time at all, by a coarse clock, are no reason to guess or to fail", () => {
  assert.equal(speedUp({ tokens: 100, cost: () => 0, isRight: () => true, offered: () => 4 }), NaN);
});
