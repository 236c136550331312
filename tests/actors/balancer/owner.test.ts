/** What a device gives up for its owner, and when it takes it back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  floorOf,
  lookAtOwner,
  type OwnerReading,
  type OwnerState,
  undisturbed,
} from "../../../actors/balancer/owner.ts";

const GIGA = 2 ** 30;
const idle: OwnerReading = { totalBytes: 8 * GIGA, availableBytes: 4 * GIGA, heldBytes: GIGA, othersBusy: 0.1 };

/** Takes the same reading so many times; what changed, by reading, and the state after. */
function look(times: number, reading: Partial<OwnerReading>, state: OwnerState = undisturbed) {
  const changes: string[] = [];
  for (let index = 1; index <= times; index++) {
    const looked = lookAtOwner(state, { ...idle, ...reading });
    state = looked.state;
    for (const change of looked.changes) changes.push(`${index} ${change}`);
  }
  return { state, changes };
}

test("a device with memory and time to spare gives up nothing", () => {
  assert.deepEqual(look(100, {}), { state: undisturbed, changes: [] });
});

test("memory below the floor for three readings is given up: so much that twice the floor is free", () => {
  const short = 100 * 2 ** 20;
  const { state, changes } = look(3, { availableBytes: short });
  assert.deepEqual(changes, ["3 needs-memory"]);
  assert.equal(state.mostBytes, GIGA - (2 * floorOf(idle.totalBytes) - short));
  assert.deepEqual(look(2, { availableBytes: short }).changes, []);
});

test("programs that wait for memory though some is free make the device give up a quarter", () => {
  const { state } = look(3, { memoryStalls: 0.5 });
  assert.equal(state.mostBytes, 0.75 * GIGA);
});

test("more is given up only once what was promised is gone", () => {
  const first = look(3, { availableBytes: 0 });
  assert.deepEqual(look(20, { availableBytes: 0 }, first.state).changes, []);
  const gone = { availableBytes: 0, heldBytes: first.state.mostBytes ?? 0 };
  assert.deepEqual(look(3, gone, first.state).changes, ["3 needs-memory"]);
});

test("memory is taken back after a calm minute, and only if enough would be left then", () => {
  const { state } = look(3, { availableBytes: 0 });
  const held = { heldBytes: state.mostBytes ?? 0 };
  const barely = { ...held, availableBytes: state.givenBytes + floorOf(idle.totalBytes) };
  assert.deepEqual(look(50, barely, state).changes, [], "it would be short again at once");
  const back = look(12, { ...held, availableBytes: 3 * GIGA }, state);
  assert.deepEqual(back, { state: undisturbed, changes: ["12 done-memory"] });
});

test("a processor that others keep busy is yielded after three readings, and taken back after a calm minute", () => {
  const busy = look(3, { othersBusy: 0.9 });
  assert.deepEqual(busy.changes, ["3 needs-processor"]);
  assert.deepEqual(look(50, { othersBusy: 0.45 }, busy.state).changes, [], "neither busy nor free");
  assert.deepEqual(look(12, { othersBusy: 0.2 }, busy.state).changes, ["12 done-processor"]);
});

test("where the machine tells nothing of other programs nothing is yielded to them", () => {
  assert.deepEqual(look(50, { othersBusy: undefined, memoryStalls: undefined }).changes, []);
});

test("whatever a machine reads, no more is given up than is held, and changes come a while apart", () => {
  const reading = fc.record({
    availableBytes: fc.integer({ min: 0, max: 8 * GIGA }),
    heldBytes: fc.integer({ min: 0, max: 4 * GIGA }),
    memoryStalls: fc.double({ min: 0, max: 1, noNaN: true }),
    othersBusy: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(fc.property(fc.array(reading, { maxLength: 60 }), (readings) => {
    let state = undisturbed;
    const last = new Map<string, number>();
    return readings.every((reading, index) => {
      const looked = lookAtOwner(state, { ...idle, ...reading });
      state = looked.state;
      const kinds = looked.changes.map((change) => change.split("-")[1] ?? "");
      const apart = kinds.every((kind) => index - (last.get(kind) ?? -Infinity) >= 3);
      for (const kind of kinds) last.set(kind, index);
      return apart && (state.mostBytes ?? 0) >= 0;
    });
  }));
});
