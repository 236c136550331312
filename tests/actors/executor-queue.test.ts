import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../actors/executor/forward.ts";
import { type QueuedRow, StepQueue, takeTurns } from "../../actors/executor/queue.ts";
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
const waiting = (name: string, tokens: number): QueuedRow => ({
  sequence: sequence(name),
  row: row(tokens),
  arrived: 0,
});
const names = (rows: readonly QueuedRow[]) => rows.map(({ sequence }) => sequence.conversation.path.slice(1)).join("");

test("decode rows that wait go together, and prefill chunks one at a time in between", () => {
  const queue = new StepQueue();
  for (const one of [waiting("p", 8), waiting("a", 1), waiting("b", 1), waiting("q", 8)]) queue.push(one);
  const steps = [];
  for (let round = 0; round < 2; round++) {
    steps.push(names(queue.take(10)));
    queue.push(waiting("a", 1));
    steps.push(names(queue.take(10)));
  }
  assert.deepEqual(steps, ["ab", "p", "a", "q"]);
  assert.equal(names(queue.take(10)), "a");
  assert.ok(queue.isEmpty);
  assert.deepEqual(queue.take(10), []);
});

test("the last token of a prompt stays behind the chunks before it", () => {
  const queue = new StepQueue();
  queue.push(waiting("p", 8));
  queue.push(waiting("p", 1));
  assert.deepEqual([queue.take(10).length, queue.take(10).length], [1, 1]);
});

test("a sequence that is dropped leaves no row behind", () => {
  const queue = new StepQueue();
  for (const one of [waiting("p", 8), waiting("a", 1), waiting("p", 8)]) queue.push(one);
  queue.drop(sequence("p"));
  assert.equal(names(queue.take(10)), "a");
  assert.ok(queue.isEmpty);
});

test("another policy decides otherwise, within what a step may hold", () => {
  const queue = new StepQueue(({ prefill, decode }) => {
    return prefill.length > 0 ? { line: "prefill", rows: prefill.length } : { line: "decode", rows: decode.length };
  });
  for (const one of [waiting("a", 1), waiting("p", 8), waiting("q", 8)]) queue.push(one);
  assert.deepEqual(queue.lengths, { decode: 1, prefill: 2 });
  assert.deepEqual([names(queue.take(1)), names(queue.take(10)), names(queue.take(10))], ["p", "q", "a"]);
});

test("the turn of a chunk comes after a decode step, or where no answer waits", () => {
  const [decode, prefill] = [[waiting("a", 1), waiting("b", 1)], [waiting("p", 8)]];
  assert.deepEqual(takeTurns({ decode, prefill, last: undefined }), { line: "decode", rows: 2 });
  assert.deepEqual(takeTurns({ decode, prefill, last: "decode" }), { line: "prefill", rows: 1 });
  assert.deepEqual(takeTurns({ decode, prefill, last: "prefill" }), { line: "decode", rows: 2 });
  assert.deepEqual(takeTurns({ decode, prefill: [], last: "decode" }), { line: "decode", rows: 2 });
  assert.deepEqual(takeTurns({ decode: [], prefill, last: "prefill" }), { line: "prefill", rows: 1 });
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
