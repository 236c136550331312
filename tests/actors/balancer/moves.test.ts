/** Moves that measurements asked for: how often, how they are judged, and what is taken back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  begun,
  inForce,
  type Moves,
  noMoves,
  obstacle,
  type Outcome,
  paced,
  REFUSED_MILLISECONDS,
  REST_MILLISECONDS,
} from "../../../actors/leader/moves.ts";
import type { ActivePlan } from "../../../actors/plan.ts";
import { planOf, splitAt } from "./plans.ts";

/** Tokens come every so many milliseconds, window after window; the last outcome that is one. */
function pace(
  moves: Moves,
  plan: ActivePlan,
  milliseconds: readonly number[],
  more: { sequences?: number; now?: number } = {},
) {
  let last: Outcome = { type: "none" };
  for (const tokenMilliseconds of milliseconds) {
    const pace = { device: "a", number: plan.number, sequences: 1, tokenMilliseconds, ...more };
    const heard = paced(moves, pace, plan, more.now ?? 0);
    moves = heard.moves;
    if (heard.outcome.type !== "none") last = heard.outcome;
  }
  return { moves, outcome: last };
}

const [old, better] = [planOf(1, splitAt(4)), planOf(2, splitAt(2))];

/** The mesh moves from the old plan, under which a token took 30 ms. */
function moved(moves: Moves = noMoves, now = 0): Moves {
  return inForce(begun(pace(moves, old, [30, 31, 29]).moves, old, better.segments), better, now);
}

test("a move that made tokens faster is kept, the first window after it not counted", () => {
  const { outcome, moves } = pace(moved(), better, [400, 20, 21, 19]);
  assert.deepEqual(outcome, { type: "helped", before: 30, after: 20 });
  assert.deepEqual(moves.refused, []);
});

test("a move that made tokens slower is taken back, and not tried again for a while that doubles", () => {
  const first = pace(moved(), better, [40, 40, 40, 40]);
  assert.ok(first.outcome.type === "worse");
  assert.deepEqual([first.outcome.before, first.outcome.after, first.outcome.from], [30, 40, old]);
  const rested = 3 * REST_MILLISECONDS;
  assert.match(obstacle(first.moves, better.segments, rested) ?? "", /was tried and was not better.*120 s/);
  assert.equal(obstacle(first.moves, splitAt(3), rested), undefined, "others may be tried");
  assert.equal(obstacle(first.moves, better.segments, REFUSED_MILLISECONDS), undefined);
  const second = pace(moved(first.moves, REFUSED_MILLISECONDS), better, [40, 40, 40, 40], {
    now: REFUSED_MILLISECONDS,
  });
  assert.match(obstacle(second.moves, better.segments, 2.9 * REFUSED_MILLISECONDS) ?? "", /not tried again/);
});

test("tokens of other numbers of sequences are not compared; without like ones a move stays undecided", () => {
  const { outcome } = pace(moved(), better, Array(24).fill(90), { sequences: 4 });
  assert.equal(outcome.type, "undecided");
});

test("what was told of another plan says nothing of this one", () => {
  const { moves } = pace(noMoves, better, [30]);
  assert.equal(
    paced(moves, { device: "a", number: old.number, sequences: 1, tokenMilliseconds: 1 }, better, 0).moves,
    moves,
  );
});

test("a plan that comes for another reason, such as a device that left, is no trial", () => {
  const moves = inForce(begun(pace(noMoves, old, [30, 30, 30]).moves, old, better.segments), planOf(3, splitAt(6)), 0);
  assert.equal(moves.trial, undefined);
  assert.equal(obstacle(moves, splitAt(4), 0), undefined);
});

test("the mesh rests after a move, longer the more it has moved lately", () => {
  const rests: number[] = [];
  let [moves, now] = [noMoves, 0];
  for (let count = 0; count < 4; count++) {
    moves = moved(moves, now);
    rests.push(moves.restUntil - now);
    assert.match(obstacle(moves, splitAt(3), now) ?? "", /rests for/);
    now = moves.restUntil;
  }
  assert.deepEqual(rests, [1, 2, 4, 8].map((times) => times * REST_MILLISECONDS));
  assert.equal(moved(moves, now + 10_800_000).restUntil, now + 10_800_000 + REST_MILLISECONDS);
});

test("however measurements change, the mesh moves six times an hour at most", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 200, maxLength: 200 }), (gaps) => {
    let [moves, now] = [noMoves, 0];
    const at: number[] = [];
    for (const gap of gaps) {
      now += gap;
      const split = at.length % 2 === 0 ? better : old;
      if (obstacle(moves, split.segments, now) !== undefined) continue;
      moves = inForce(begun(moves, old, split.segments), split, now);
      at.push(now);
    }
    return at.every((move) => at.filter((other) => other >= move && other < move + 3_600_000).length <= 6);
  }));
});
