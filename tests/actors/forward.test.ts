/** Forwards as columns: what fits is taken, and whatever else a peer sends is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forwardRows, gather, parseForward, type Row, rowsOf } from "../../actors/executor/forward.ts";
import { parseExecutorMessage } from "../../actors/executor/protocol.ts";
import { nextToken } from "../../actors/conversation/steps.ts";
import { type Forward, forwardOf } from "../../actors/pipeline.ts";
import { MAX_CONTEXT, MAX_DRAWS, MAX_ROWS, MAX_STEP_TOKENS } from "../../actors/wire.ts";
import { decode, encode } from "../../runtime/codec.ts";

const WIDTH = 3;

const anyRow: fc.Arbitrary<Row> = fc.record({
  sequence: fc.nat(),
  position: fc.nat(MAX_CONTEXT),
  tokens: fc.array(fc.nat(), { minLength: 1, maxLength: 20 }).map((tokens) => Int32Array.from(tokens)),
  single: fc.boolean(),
  sample: fc.constantFrom("none" as const, "last" as const),
  guesses: fc.boolean(),
}).chain(({ single, guesses, ...given }) => {
  const length = given.tokens.length * WIDTH;
  const attention = single || given.tokens.length === 1 ? "single" as const : "chunk" as const;
  const guessed = guesses && attention === "single" && given.tokens.length <= MAX_DRAWS;
  const row = { ...given, sample: guessed ? "each" as const : given.sample };
  return fc.float32Array({ minLength: length, maxLength: length }).map((hidden) => ({ ...row, attention, hidden }));
});

test("rows that travel as columns arrive as they were", () => {
  fc.assert(fc.property(fc.array(anyRow, { minLength: 1, maxLength: 20 }), (rows) => {
    const sent = forwardRows(rows, gather(rows.map(({ hidden }) => hidden)));
    const arrived = parseExecutorMessage(decode(encode(sent)), "b");
    assert.equal(arrived.type, "forward");
    assert.deepEqual(rowsOf(arrived as Forward, WIDTH), rows);
  }));
});

/** A forward of two rows, with some of its columns put otherwise. */
function forward(change: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    type: "forward",
    sequences: Int32Array.of(7, 9),
    positions: Int32Array.of(0, 5),
    counts: Int32Array.of(2, 1),
    samples: Uint8Array.of(0, 1),
    singles: Uint8Array.of(0, 1),
    tokens: Int32Array.of(3, 4, 5),
    ...change,
  };
}

const misfits: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "no rows": {
    sequences: new Int32Array(0),
    positions: new Int32Array(0),
    counts: new Int32Array(0),
    samples: new Uint8Array(0),
    singles: new Uint8Array(0),
    tokens: new Int32Array(0),
  },
  "more rows than a step takes": {
    sequences: new Int32Array(MAX_ROWS + 1),
    positions: new Int32Array(MAX_ROWS + 1),
    counts: new Int32Array(MAX_ROWS + 1).fill(1),
    samples: new Uint8Array(MAX_ROWS + 1),
    singles: new Uint8Array(MAX_ROWS + 1).fill(1),
    tokens: new Int32Array(MAX_ROWS + 1),
  },
  "a chunk of one token": { singles: Uint8Array.of(0, 0) },
  "singles that are no bytes": { singles: [0, 1] },
  "no singles": { singles: undefined },
  "more tokens than a step takes": {
    counts: Int32Array.of(1, MAX_STEP_TOKENS),
    tokens: new Int32Array(MAX_STEP_TOKENS + 1),
  },
  "a column that is shorter": { positions: Int32Array.of(0) },
  "a column of another kind": { positions: Float32Array.of(0, 5) },
  "a list for a column": { sequences: [7, 9] },
  "a kind of sample that there is not": { samples: Uint8Array.of(0, 3) },
  "guesses in a chunk": { samples: Uint8Array.of(2, 0) },
  "more guesses than are told at once": {
    counts: Int32Array.of(MAX_DRAWS + 1, 1),
    samples: Uint8Array.of(2, 0),
    singles: Uint8Array.of(1, 1),
    tokens: new Int32Array(MAX_DRAWS + 2),
  },
  "samples that are no bytes": { samples: Int32Array.of(0, 1) },
  "a row of nothing": { counts: Int32Array.of(3, 0) },
  "counts of other tokens": { counts: Int32Array.of(2, 2) },
  "a count below nothing": { counts: Int32Array.of(4, -1) },
  "counts that wrap around": { counts: Int32Array.of(0x7fffffff, 0x7fffffff) },
  "a token below 0": { tokens: Int32Array.of(3, -4, 5) },
  "a position outside any context": { positions: Int32Array.of(0, MAX_CONTEXT + 1) },
  "hidden states of another kind": { hidden: new Uint8Array(36) },
};

for (const [name, change] of Object.entries(misfits)) {
  test(`a forward with ${name} is refused`, () => {
    assert.doesNotThrow(() => parseForward(forward()));
    assert.throws(() => parseForward(forward(change)), TypeError);
  });
}

test("any value at all is taken as a whole or refused, and what is taken fits", () => {
  const column = fc.oneof(
    fc.int32Array({ maxLength: 4 }),
    fc.int32Array({ maxLength: 4, min: 0, max: 2 }),
    fc.uint8Array({ maxLength: 4 }),
    fc.anything({ maxDepth: 1 }),
  );
  const value = fc.oneof(
    fc.anything(),
    fc.record({
      type: fc.constantFrom("forward", "open", "close", "enter", "leave", "look", "computed", "device-lost"),
      sequences: column,
      positions: column,
      counts: column,
      samples: column,
      singles: column,
      tokens: column,
      hidden: fc.option(fc.float32Array({ maxLength: 9 }), { nil: undefined }),
    }, { requiredKeys: [] }),
  );
  fc.assert(
    fc.property(value, (value) => {
      let taken;
      try {
        taken = parseExecutorMessage(value, "b");
      } catch (error) {
        assert.ok(error instanceof TypeError || (error as Error).name === "ValiError", String(error));
        return;
      }
      assert.ok(["forward", "open", "close"].includes(taken.type), "others do not speak of this device's own");
      if (taken.type !== "forward") return;
      const rows = rowsOf(taken, WIDTH);
      assert.equal(rows.reduce((sum, { tokens }) => sum + tokens.length, 0), taken.tokens.length);
    }),
    { numRuns: 2000 },
  );
});

test("an open is taken with the device that sent it, and what only the own device may say is refused", () => {
  const ref = { device: "a", path: "/x", incarnation: "1", channel: "tensors" };
  const open = { type: "open", sequence: 5, slot: 0, route: [], conversation: ref, sampling: {} };
  for (const value of [open, { ...open, from: "a" }]) {
    const taken = parseExecutorMessage(value, "b");
    assert.equal(taken.type === "open" ? taken.from : undefined, "b");
  }
  for (const type of ["enter", "leave", "look", "computed", "device-lost"]) {
    assert.throws(() => parseExecutorMessage({ ...open, type, outcome: {}, device: "a", replyTo: ref }, "b"));
  }
  for (const slot of [-1, 1024, 0.5]) assert.throws(() => parseExecutorMessage({ ...open, slot }, "b"));
});

test("a decode step of one row travels in few bytes beside its hidden state", () => {
  const one = { ...forwardOf(0x7fffffff, nextToken(1000, 151_000)), hidden: new Float32Array(2048) };
  assert.ok(encode(one).length - 4 * 2048 < 180, `${encode(one).length - 4 * 2048} bytes`);
});
