import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  arrive,
  bereaved,
  depart,
  type Election,
  hear,
  HESITATION_MILLISECONDS,
  isNext,
  leaderless,
  MAX_TERM_JUMP,
  outranks,
  SETTLE_MILLISECONDS,
  shouldClaim,
  SUCCESSION_MILLISECONDS,
} from "../../actors/leader/election.ts";

const fresh = (self: string, peers: readonly string[] = []): Election => {
  return { self, term: 0, soundTerm: 0, leader: undefined, peers: new Set(peers), dueAt: 1000, company: 0 };
};

test("the smallest id claims when it is time, the others wait for it, but not for ever", () => {
  assert.equal(shouldClaim(fresh("a", ["b"]), 999), false);
  assert.equal(shouldClaim(fresh("a", ["b"]), 1000), true);
  assert.equal(shouldClaim(fresh("b", ["a"]), 1000), false);
  assert.equal(shouldClaim(fresh("b", ["a"]), 1000 + HESITATION_MILLISECONDS), true);
});

test("who is next is known before the leader is lost: the smallest id but for the leader's", () => {
  const led = (self: string, ...peers: string[]) => hear(fresh(self, peers), { term: 1, leader: "b" });
  assert.deepEqual([isNext(led("a", "b", "c")), isNext(led("c", "a", "b")), isNext(led("c", "b", "d"))], [
    true,
    false,
    true,
  ]);
  assert.equal(isNext(hear(fresh("b", ["c"]), { term: 1, leader: "b" })), false, "it leads");
  assert.equal(isNext(fresh("a")), false);
});

test("a newcomer with a smaller id does not depose a leader", () => {
  const led = hear(fresh("b", ["c"]), { term: 3, leader: "c" });
  const joined = arrive(led, "a", 0);
  assert.equal(joined.leader, "c");
  assert.equal(hear(joined, { term: 1, leader: "a" }).leader, "c");
});

test("a leader that is lost is replaced shortly after", () => {
  const led = hear(fresh("b", ["a", "c"]), { term: 1, leader: "a" });
  const orphaned = depart(led, "a", 5000);
  assert.equal(orphaned.leader, undefined);
  assert.equal(shouldClaim(orphaned, 5000), false);
  assert.equal(shouldClaim(orphaned, 5000 + SUCCESSION_MILLISECONDS), true);
});

test("a leader that everybody has lost is replaced at once, in whatever order they notice", () => {
  const lost = { term: 1, leader: "a" };
  const led = hear(fresh("b", ["a", "c", "d"]), lost);
  const steps = [
    (view: Election) => depart(view, "a", 5000),
    (view: Election) => bereaved(view, "c", lost, 5000),
    (view: Election) => bereaved(view, "d", lost, 5000),
  ];
  for (const order of [[0, 1, 2], [1, 0, 2], [1, 2, 0]]) {
    const [first, second, third] = order.map((at) => steps[at] ?? assert.fail()) as [Step, Step, Step];
    const nearly = second(first(led));
    assert.equal(shouldClaim(nearly, 5000), false, "not everybody has said so");
    assert.equal(shouldClaim(third(nearly), 5000), true);
  }
  const doubtful = depart(bereaved(led, "c", { ...lost, term: 0 }, 5000), "a", 5000);
  assert.equal(
    shouldClaim(bereaved(doubtful, "d", lost, 5000), 5000),
    false,
    "what was lost in another term is another",
  );
  const smaller = depart(doubtful, "c", 5000);
  assert.equal(shouldClaim(bereaved(smaller, "d", lost, 5000), 5000), true, "who has gone need not say so");
});

type Step = (view: Election) => Election;

test("of two devices the one that is left leads shortly after, unless it was asleep", () => {
  const led = hear(fresh("b", ["a"]), { term: 1, leader: "a" });
  assert.equal(shouldClaim(depart(led, "a", 5000), 5000 + SUCCESSION_MILLISECONDS), true);
  assert.equal(shouldClaim(depart(led, "a", 5000, true), 5000 + SUCCESSION_MILLISECONDS), false);
  assert.equal(shouldClaim(depart(led, "a", 5000, true), 5000 + SETTLE_MILLISECONDS), true);
});

test("a device that has lost everybody looks for them before it leads, in whatever order they went", () => {
  const led = hear(fresh("b", ["a", "c"]), { term: 1, leader: "a" });
  for (const [first, last] of [["a", "c"], ["c", "a"]] as const) {
    const alone = depart(depart(led, first, 5000), last, 5000);
    assert.equal(shouldClaim(alone, 5000 + SETTLE_MILLISECONDS - 1), false);
    assert.equal(shouldClaim(alone, 5000 + SETTLE_MILLISECONDS), true);
    const back = hear(arrive(alone, "c", 5400), { term: 1, leader: "c" });
    assert.equal(back.leader, "c");
    assert.equal(shouldClaim(back, 5000 + SETTLE_MILLISECONDS), false, "who leads the others is not deposed");
  }
});

test("a claim of a device out of reach, or of an old term, changes nothing", () => {
  const led = hear(fresh("b", ["a"]), { term: 5, leader: "a" });
  assert.deepEqual(hear(led, { term: 9, leader: "nobody" }), led);
  const orphaned = depart(arrive(led, "c", 0), "a", 0);
  assert.equal(hear(orphaned, { term: 4, leader: "c" }).leader, undefined);
});

test("a term that its claimant made up is forgotten with it; one that others tell of is not heard", () => {
  const led = hear(fresh("b", ["a", "eve"]), { term: 5, leader: "a" });
  const absurd = 5 + MAX_TERM_JUMP + 1;
  assert.deepEqual(hear(led, { term: absurd, leader: "a" }, "eve"), led);
  assert.deepEqual(hear(led, { term: absurd, leader: "b" }, "eve"), led);
  const deceived = hear(hear(led, { term: absurd, leader: "eve" }), { term: absurd + 1, leader: "eve" });
  assert.deepEqual([deceived.term, deceived.leader], [absurd + 1, "eve"]);
  const after = depart(deceived, "eve", 0);
  assert.deepEqual([after.term, after.leader], [5, undefined]);
  assert.equal(hear(after, { term: 6, leader: "a" }).leader, "a");
});

test("whatever members claim, an election after they have gone is of a term that another such visit leaves room for", () => {
  const claim = fc.record({
    term: fc.oneof(fc.nat(3000), fc.maxSafeNat()),
    leader: fc.constantFrom("a", "b", "eve", "mallory"),
    from: fc.constantFrom("eve", "mallory"),
  });
  fc.assert(fc.property(fc.array(claim), (claims) => {
    const start = hear(fresh("b", ["a", "eve", "mallory"]), { term: 5, leader: "a" });
    const heard = claims.reduce((view, { from, ...claim }) => hear(view, claim, from), start);
    const left = ["eve", "mallory"].reduce((view, device) => depart(view, device, 0), heard);
    assert.ok(left.leader === undefined || ["a", "b"].includes(left.leader));
    assert.ok(left.term <= 5 + claims.length * MAX_TERM_JUMP);
  }));
});

test("devices that have heard the same claims, in any order, follow the same leader", () => {
  const claim = fc.record({ term: fc.integer({ min: 1, max: 4 }), leader: fc.constantFrom("a", "b", "c", "d") });
  fc.assert(fc.property(fc.array(claim, { minLength: 1 }), fc.infiniteStream(fc.nat()), (claims, draws) => {
    const shuffled = claims.map((one) => ({ one, key: draws.next().value })).sort((x, y) => x.key - y.key).map((
      { one },
    ) => one);
    const listen = (self: string, order: typeof claims) => {
      return order.reduce(
        (view, claim) => hear(view, claim),
        fresh(self, ["a", "b", "c", "d"].filter((device) => device !== self)),
      );
    };
    const [x, y] = [listen("a", claims), listen("d", shuffled)];
    assert.deepEqual([x.term, x.leader], [y.term, y.leader]);
    const best = claims.reduce((most, one) => outranks(one, most) ? one : most);
    assert.deepEqual([x.term, x.leader], [best.term, best.leader]);
  }));
});

test("after all were off, nobody waits once all are back and have said that they have no leader", () => {
  const reunion = { expected: new Set(["b", "c"]), leaderless: new Set<string>() };
  const steps: ((view: Election) => Election)[] = [
    (view) => arrive(view, "b", 100),
    (view) => leaderless(view, "b", 110),
    (view) => arrive(view, "c", 400),
    (view) => leaderless(view, "c", 410),
  ];
  const back: Election = { ...fresh("a"), dueAt: 5000, reunion };
  const views = steps.map((_, count) => steps.slice(0, count + 1).reduce((view, step) => step(view), back));
  assert.deepEqual(views.map((view) => shouldClaim(view, 410)), [false, false, false, true]);

  const met = steps.slice(0, 3).reduce((view, step) => step(view), back);
  const led = hear(met, { term: 1, leader: "c" });
  assert.equal(leaderless(led, "c", 410).leader, "c", "one of them had a leader after all");
  const again = arrive(depart(met, "b", 405), "b", 406);
  assert.equal(shouldClaim(leaderless(again, "c", 410), 410), false, "what one said before it went is of then");
  const newcomer = leaderless(arrive(met, "d", 405), "c", 410);
  assert.equal(shouldClaim(newcomer, 410), false, "a peer that nobody waited for may have a leader");
  assert.equal(shouldClaim(leaderless(newcomer, "d", 411), 411), true);
});
