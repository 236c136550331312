/** How the first segment shares its readers out to lanes, waits for them, and cuts prompts to what they can wait for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cutOf, lanesOf, PATIENCE_MILLISECONDS, stepLanes } from "../../actors/executor/lanes.ts";
import { Pace } from "../../actors/executor/pace.ts";
import { StepQueue } from "../../actors/executor/queue.ts";
import type { Sequence } from "../../actors/executor/sequences.ts";
import type { Attention } from "../../models/compute/mod.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";

function sequenceOf(slot: number, stages: number): Sequence {
  return {
    number: slot,
    slot,
    conversation: { device: "here", path: `/${slot}`, incarnation: "1", channel: "control" },
    from: "here",
    next: undefined,
    sampling: defaultSampling,
    shared: false,
    stages,
    ids: [],
    held: 0,
    begun: 0,
    fresh: false,
    guessed: 0,
    route: [],
    promptTokens: 0,
    idle: false,
    room: 0,
    reserved: 0,
    order: slot,
    since: 0,
  };
}

/** A queue of a first segment, and what goes on there. */
function laneQueue() {
  const queue = new StepQueue(stepLanes);
  const push = (
    sequence: Sequence,
    count: number,
    now: number,
    attention: Attention = count > 1 ? "chunk" : "single",
  ) => {
    const row = { sequence: sequence.number, position: 0, tokens: new Int32Array(count), attention };
    queue.push({ sequence, row: { ...row, sample: "last", hidden: undefined }, arrived: now, forward: 0 });
  };
  /** The slots of the next step, or tokens of a prompt below 0, or until when nothing is to be done. */
  const take = (now: number) => {
    const taken = queue.take(256, now);
    if (taken === undefined) return "nothing";
    if (taken.type === "wait") return `until ${taken.until}`;
    if (taken.line === "prefill") return -(taken.rows[0]?.row.tokens.length ?? 0);
    return taken.rows.map(({ sequence: { slot } }) => slot);
  };
  return { queue, push, take };
}

test("lanes are balanced, in the order of the slots, as many as stages, and who comes moves one reader a boundary", () => {
  const slots = fc.uniqueArray(fc.nat(63), { minLength: 1, maxLength: 32 });
  fc.assert(fc.property(slots, fc.integer({ min: 1, max: 6 }), fc.nat(63), (slots, stages, newcomer) => {
    const reader = (slot: number) => ({
      sequence: sequenceOf(slot, stages),
      cameAt: undefined,
      leftAt: undefined,
      away: undefined,
      late: false,
    });
    const lanes = lanesOf(slots.map(reader), stages);
    const sizes = lanes.map(({ length }) => length);
    assert.equal(lanes.length, Math.min(stages, slots.length));
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
    const order = lanes.flat().map(({ sequence: { slot } }) => slot);
    assert.deepEqual(order, slots.toSorted((a, b) => a - b));
    if (slots.includes(newcomer) || slots.length < stages) return;
    const after = lanesOf([...slots, newcomer].map(reader), stages);
    const laneOf = (all: typeof lanes, slot: number) => {
      return all.findIndex((lane) => lane.some(({ sequence }) => sequence.slot === slot));
    };
    const moved = slots.filter((slot) => laneOf(lanes, slot) !== laneOf(after, slot));
    assert.ok(moved.length <= stages - 1, `${moved.length} of ${slots.length} moved`);
  }));
});

test("one sequence never waits", () => {
  const { push, take } = laneQueue();
  for (let now = 0; now < 5; now++) {
    push(sequenceOf(3, 4), 1, now);
    assert.deepEqual(take(now), [3]);
  }
});

test("a lane waits until all of its rows have come, or left", () => {
  const { queue, push, take } = laneQueue();
  const [a, b, c] = [0, 1, 2].map((slot) => sequenceOf(slot, 1)) as [Sequence, Sequence, Sequence];
  for (const one of [a, b, c]) push(one, 1, 0);
  assert.deepEqual(take(0), [0, 1, 2]);
  push(a, 1, 10);
  assert.equal(take(10), `until ${10 + PATIENCE_MILLISECONDS}`);
  push(b, 1, 11);
  assert.equal(take(11), `until ${10 + PATIENCE_MILLISECONDS}`);
  queue.drop(c);
  assert.deepEqual(take(12), [0, 1]);
});

test("who is slow is left out of a step, and of those that follow until its row has come", () => {
  const { push, take } = laneQueue();
  const [a, b] = [sequenceOf(0, 1), sequenceOf(1, 1)];
  for (const one of [a, b]) push(one, 1, 0);
  take(0);
  push(a, 1, 10);
  take(10);
  assert.deepEqual(take(10 + PATIENCE_MILLISECONDS), [0]);
  push(a, 1, 20);
  assert.deepEqual(take(20), [0], "nobody waits for it twice");
  push(b, 1, 25);
  assert.match(String(take(25)), /^until/, "it waits for its lane");
  push(a, 1, 26);
  assert.deepEqual(take(26), [0, 1]);
});

test("while one lane is at a later stage another is at this one", () => {
  const { push, take } = laneQueue();
  const all = [0, 1, 2, 3].map((slot) => sequenceOf(slot, 2));
  for (const one of all) push(one, 1, 0);
  assert.deepEqual([take(0), take(0), take(0)], [[0, 1], [2, 3], "nothing"]);
  for (const one of all.slice(2)) push(one, 1, 5);
  assert.deepEqual(take(5), [2, 3]);
});

/** Readers of a pipeline whose stages take a while for each step, however many rows it has; returns the steps of the last stage. */
function pipeline(stages: number, arrivals: readonly number[], wire: (slot: number) => number, until: number) {
  const { push, take } = laneQueue();
  const STEP = 40;
  const sequences = arrivals.map((_, slot) => sequenceOf(slot, stages));
  const free = new Array<number>(stages).fill(0);
  const coming = arrivals.map((at, slot) => ({ at, slot }));
  const steps: { at: number; rows: number }[] = [];
  for (let now = 0; now < until; now++) {
    for (const { slot } of coming.filter(({ at }) => at === now)) push(sequences[slot] as Sequence, 1, now);
    if ((free[0] ?? 0) > now) continue;
    const taken = take(now);
    if (!Array.isArray(taken)) continue;
    let end = now;
    for (let stage = 0; stage < stages; stage++) free[stage] = end = Math.max(end, free[stage] ?? 0) + STEP;
    steps.push({ at: end, rows: taken.length });
    for (const slot of taken) coming.push({ at: Math.ceil(end + wire(slot)), slot });
  }
  return steps;
}

test("whenever readers come, after a few rounds they go in whole lanes", () => {
  const arrivals = fc.array(fc.nat(400), { minLength: 2, maxLength: 12 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), arrivals, (stages, arrivals) => {
    const steps = pipeline(stages, arrivals, (slot) => 1 + slot % 3, 4000).filter(({ at }) => at > 2500);
    const lanes = Math.min(stages, arrivals.length);
    const rows = steps.reduce((sum, step) => sum + step.rows, 0);
    assert.ok(rows / steps.length >= 0.95 * arrivals.length / lanes, `${rows} rows in ${steps.length} steps`);
  }));
});

test("one that is far away does not hold up the others, and goes with them when it is back", () => {
  const alone = pipeline(1, [0, 0, 0], () => 1, 4000).length;
  const steps = pipeline(1, [0, 0, 0, 0], (slot) => slot === 3 ? 100 : 1, 4000);
  assert.ok(steps.length >= 0.9 * alone, `${steps.length} steps instead of ${alone}`);
  assert.ok(steps.every(({ rows }) => rows >= 3), "nobody goes alone");
});

test("a prompt is read whole where nobody reads, and in pieces between steps where somebody does", () => {
  const { queue, push, take } = laneQueue();
  const [reader, prompt] = [sequenceOf(0, 1), sequenceOf(1, 1)];
  push(prompt, 128, 0);
  assert.equal(take(0), -128);
  queue.pace.read("chunk", 128, 640);
  queue.pace.stepped(30);
  push(reader, 1, 1);
  push(prompt, 128, 1);
  const steps: unknown[] = [];
  for (let now = 2; now < 8; now++) {
    const step = take(now);
    steps.push(step);
    if (Array.isArray(step)) push(reader, 1, now);
  }
  assert.deepEqual(steps, [[0], -9, [0], -9, [0], -9]);
});

test("a short prompt is read whole, however little readers can wait for", () => {
  const { queue, push, take } = laneQueue();
  queue.pace.read("chunk", 128, 6400);
  queue.pace.stepped(30);
  push(sequenceOf(0, 1), 1, 0);
  assert.deepEqual(take(0), [0]);
  push(sequenceOf(1, 1), 16, 1);
  assert.equal(take(1), -16);
});

test("no cut leaves a token of a chunk alone, and pieces come to no more than can be waited for, or three tokens", () => {
  fc.assert(fc.property(fc.integer({ min: 2, max: 200 }), fc.integer({ min: 0, max: 250 }), (count, affordable) => {
    const size = cutOf(count, affordable);
    assert.ok(size >= 2 && size <= Math.max(3, affordable) && size <= count && count - size !== 1);
  }));
});

test("pieces of prompts become smaller where readers wait for longer than this segment's own times explain", () => {
  const pace = new Pace();
  pace.stepped(10);
  pace.read("chunk", 10, 10);
  const before = pace.affordable("chunk") ?? 0;
  pace.returned(20, 2, false);
  for (let times = 0; times < 50; times++) pace.returned(100, 2, true);
  const least = pace.affordable("chunk") ?? 0;
  assert.ok(least <= before / 3, `${least} of ${before}`);
  for (let times = 0; times < 100; times++) pace.returned(40, 2, true);
  assert.equal(pace.affordable("chunk"), before);
});

test("whatever comes and goes, every row has its step, in order, none waits for longer than its turn", () => {
  const event = fc.record({
    slot: fc.nat(9),
    kind: fc.constantFrom("token", "chunk", "over", "step", "step", "wait"),
    count: fc.integer({ min: 2, max: 128 }),
  });
  fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.array(event, { maxLength: 200 }), (stages, events) => {
    const { queue, push } = laneQueue();
    const sequences = Array.from({ length: 10 }, (_, slot) => sequenceOf(slot, stages));
    const owed = new Map<Sequence, number>();
    let now = 0;
    const step = () => {
      const taken = queue.take(256, now);
      if (taken?.type !== "rows") return;
      assert.ok(taken.rows.length > 0);
      assert.equal(new Set(taken.rows.map(({ sequence }) => sequence)).size, taken.rows.length);
      for (const { sequence, row: { tokens, attention } } of taken.rows) {
        assert.ok(attention === "single" || tokens.length > 1);
        owed.set(sequence, (owed.get(sequence) ?? 0) - tokens.length);
      }
    };
    for (const { slot, kind, count } of events) {
      const sequence = sequences[slot] as Sequence;
      if (kind === "step") step();
      else if (kind === "wait") now += PATIENCE_MILLISECONDS;
      else if (kind === "over") {
        queue.drop(sequence);
        owed.delete(sequence);
      } else if ((owed.get(sequence) ?? 0) === 0) {
        owed.set(sequence, kind === "token" ? 1 : count);
        push(sequence, kind === "token" ? 1 : count, now);
      }
    }
    // Lanes that wait for who does not come go on after a while, and prompts are cut to no less than two tokens.
    for (let turns = 0; turns < 800 && !queue.isEmpty; turns++, now += PATIENCE_MILLISECONDS) step();
    assert.ok(queue.isEmpty);
    assert.deepEqual([...owed.values()].filter((tokens) => tokens !== 0), []);
  }));
});
