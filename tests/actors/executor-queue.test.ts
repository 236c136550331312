import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../actors/executor/forward.ts";
import { type QueuedRow, StepQueue } from "../../actors/executor/queue.ts";
import { type Sequence, Sequences } from "../../actors/executor/sequences.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { defined } from "./defined.ts";

const SEQUENCES: ReadonlyMap<string, Sequence> = new Map(["a", "b", "p", "q"].map((name, number) => [
  name,
  {
    number,
    slot: number,
    conversation: { device: "here", path: `/${name}`, incarnation: "1", channel: "control" },
    from: "here",
    next: undefined,
    sampling: defaultSampling,
    shared: false,
    stages: 1,
    ids: [],
    guessed: 0,
    held: 0,
    begun: 0,
    fresh: false,
    ...{ route: [], promptTokens: 0, idle: false, room: 100, reserved: 0, order: number, since: 0 },
  },
]));

const sequence = (name: string): Sequence => defined(SEQUENCES.get(name));
const row = (tokens: number): Row => ({
  sequence: 0,
  position: 0,
  tokens: new Int32Array(tokens),
  attention: tokens === 1 ? "single" : "chunk",
  sample: "last",
  hidden: undefined,
});
const waiting = (name: string, tokens: number, forward = 0): QueuedRow => {
  return { sequence: sequence(name), row: row(tokens), arrived: 0, forward };
};
const names = (rows: readonly QueuedRow[]) => rows.map(({ sequence }) => sequence.conversation.path.slice(1)).join("");
/** Takes a step whose rows are named, with the tokens of those that have several. */
const step = (queue: StepQueue, limit = 10, now = 0) => {
  const taken = queue.take(limit, now);
  if (taken?.type !== "rows") return taken?.until;
  const many = taken.rows.map(({ row: { tokens } }) => tokens.length).filter((count) => count > 1);
  return [names(taken.rows), ...many].join(" ");
};

test("rows that came together go together, and prefill chunks one at a time in between", () => {
  const queue = new StepQueue();
  for (const one of [waiting("p", 8), waiting("a", 1, 1), waiting("b", 1, 1), waiting("q", 8)]) queue.push(one);
  const steps = [];
  for (let round = 0; round < 2; round++) {
    steps.push(step(queue));
    queue.push(waiting("a", 1, round + 2));
    steps.push(step(queue));
  }
  assert.deepEqual(steps, ["ab", "p 8", "a", "q 8"]);
  queue.push(waiting("b", 1, 4));
  assert.deepEqual([step(queue), step(queue)], ["a", "b"]);
  assert.ok(queue.isEmpty);
  assert.equal(queue.take(10, 0), undefined);
});

test("the last token of a prompt stays behind the chunks before it", () => {
  const queue = new StepQueue();
  queue.push(waiting("p", 8));
  queue.push(waiting("p", 1));
  assert.deepEqual([step(queue), step(queue)], ["p 8", "p"]);
});

test("a sequence that is dropped leaves no row behind", () => {
  const queue = new StepQueue();
  for (const one of [waiting("p", 8), waiting("a", 1), waiting("p", 8)]) queue.push(one);
  queue.drop(sequence("p"));
  assert.equal(step(queue), "a");
  assert.ok(queue.isEmpty);
});

test("another policy decides otherwise, within what a step may hold; what it cuts off a row stays in front", () => {
  const queue = new StepQueue(({ prefill, decode }) => {
    return prefill.length > 0 ? { type: "prefill", tokens: 5 } : { type: "decode", rows: decode, leftOut: [] };
  });
  for (const one of [waiting("a", 1), waiting("b", 1), waiting("p", 8), waiting("q", 4)]) queue.push(one);
  assert.deepEqual(queue.lengths, { decode: 2, prefill: 2 });
  const first = queue.take(1, 0);
  assert.ok(first?.type === "rows");
  assert.deepEqual(first.rows.map(({ row: { position, tokens, sample } }) => [position, tokens.length, sample]), [
    [0, 5, "none"],
  ]);
  const rest = queue.take(1, 0);
  assert.ok(rest?.type === "rows");
  assert.deepEqual(rest.rows.map(({ row: { position, tokens, sample } }) => [position, tokens.length, sample]), [
    [5, 3, "last"],
  ]);
  assert.deepEqual([step(queue), step(queue, 1), step(queue, 1)], ["q 4", "a", "b"]);
});

test("slots are given lowest first, and again once they are free", () => {
  const sequences = new Sequences(2);
  const [a, b] = [{ ...sequence("a"), slot: 0 }, { ...sequence("b"), slot: 1 }];
  sequences.add(a);
  assert.equal(sequences.free(() => false), 1);
  sequences.add(b);
  assert.deepEqual([sequences.free(() => false), sequences.taken, sequences.capacity], [undefined, 2, 2]);
  sequences.delete(a);
  assert.deepEqual([sequences.has(a), sequences.has(b), sequences.inSlot(1)], [false, true, b]);
  assert.deepEqual([sequences.free(() => false), sequences.free((slot) => slot === 0)], [0, undefined]);
});
