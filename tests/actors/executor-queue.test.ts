import assert from "node:assert/strict";
import { test } from "node:test";
import { StepQueue } from "../../actors/executor/queue.ts";
import { SlotPool } from "../../actors/executor/sequences.ts";

const waiting = (sequence: string, tokens: number) => ({
  row: { sequence, position: 0, tokens: new Array<number>(tokens).fill(1), sample: true },
  hidden: undefined,
});
const names = (rows: readonly { row: { sequence: string } }[]) => rows.map(({ row }) => row.sequence).join("");

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
  assert.equal(queue.length, 0);
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
  queue.drop("p");
  assert.equal(names(queue.take(10)), "a");
  assert.equal(queue.length, 0);
});

test("slots are given lowest first, and again once they are free", () => {
  const slots = new SlotPool(2);
  assert.deepEqual([slots.take(), slots.take(), slots.take()], [0, 1, undefined]);
  slots.free(0);
  assert.equal(slots.take(), 0);
});
