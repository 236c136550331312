/** The executor alone: rows, the steps that they become, and what steps give. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StepPolicy } from "../../actors/executor/queue.ts";
import { type Forward, forwardOf, type SegmentMessage } from "../../actors/pipeline.ts";
import { ComputeError } from "../../models/compute/mod.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { defined } from "./defined.ts";
import { one, open, scene } from "./executor-scene.ts";
import type { Recorder } from "./recorder.ts";

const faults: Readonly<Record<string, readonly [Forward, RegExp]>> = {
  "at another position than the next": [one(0, 1, 1), /position 1 came where 0 was due/],
  "beyond the context": [one(0, 0, ...new Array<number>(21).fill(1)), /outside the context of 20/],
  "of a token that the vocabulary lacks": [one(0, 0, 1, 100), /outside the vocabulary of 100/],
  "with hidden states where ids are due": [{ ...one(0, 0, 1), hidden: Float32Array.of(1, 2) }, /2 values instead of 0/],
};

for (const [name, [forward, reason]] of Object.entries(faults)) {
  test(`a row ${name} fails its sequence, and no other`, async () => {
    await scene({}, async ({ talker, enter, tell, next, steps }) => {
      const [x, y] = [talker("x"), talker("y")];
      const [bad, good] = [await enter(x), await enter(y)];
      await tell({ ...forward, sequences: Int32Array.of(bad) });
      assert.match(x.of("failed")[0]?.reason ?? "", reason);
      assert.deepEqual(next.of("close"), [{ type: "close", sequence: bad, keep: false }]);
      await tell(one(good, 0, 1));
      assert.equal(steps.length, 1);
      assert.deepEqual(y.of("failed"), []);
    });
  });
}

test("hidden states of another width fail every sequence of the forward", async () => {
  await scene({ embeds: false }, async ({ talker, tell }) => {
    const x = talker("x", "a");
    await tell(open(x, 5, 0), "a");
    await tell({ ...one(5, 0, 1, 2), hidden: new Float32Array(3) }, "a");
    assert.match(x.of("failed")[0]?.reason ?? "", /2 tokens came with 3 values instead of 4/);
  });
});

test("answers step together, one message for each way on, and a step that ends lets the next begin", async () => {
  const policy: StepPolicy = ({ decode }) => ({ type: "decode", rows: decode, leftOut: [] });
  await scene({ slots: 3, policy }, async ({ talker, enter, tell, next, other, otherRoute, steps, times }) => {
    const [x, y, z] = [talker("x"), talker("y"), talker("z")];
    const first = await enter(x);
    await tell(one(first, 0, 1));
    const second = await enter(y);
    await tell({ type: "enter", conversation: z.ref, route: otherRoute, sampling: defaultSampling });
    const third = z.of("seated")[0]?.sequence ?? -1;
    for (const [number, token] of [[second, 2], [third, 3], [first, 4]] as const) {
      await tell(one(number, number === first ? 1 : 0, token));
    }
    assert.equal(steps.length, 1);
    defined(steps[0]).end({ hidden: Float32Array.of(10, 11) });
    await tell({ type: "close", sequence: 999, keep: false });
    assert.deepEqual([...defined(steps[1]).request.tokens], [2, 3, 4]);
    defined(steps[1]).end({ hidden: Float32Array.of(20, 21, 30, 31, 40, 41) });
    await tell({ type: "close", sequence: 999, keep: false });
    const hidden = (told: Recorder<SegmentMessage>) => told.of("forward").map((one) => [...defined(one.hidden)]);
    assert.deepEqual(hidden(next), [[10, 11], [20, 21, 40, 41]]);
    assert.deepEqual(hidden(other), [[30, 31]]);
    assert.deepEqual([...defined(next.of("forward")[1]).sequences], [second, first]);
    assert.deepEqual(times.map(({ rows, tokens }) => [rows, tokens]), [[1, 1], [3, 3]]);
  });
});

test("the head tells what was drawn, or that a chunk is through, and what penalties look back on", async () => {
  await scene({ samples: true, context: 300 }, async ({ talker, enter, tell, steps }) => {
    const x = talker("x");
    const number = await enter(x, { repetitionPenalty: 1.1 });
    const chunk = Int32Array.from({ length: 70 }, (_, index) => index);
    await tell(forwardOf(number, { position: 0, tokens: chunk, attention: "chunk", sample: "none" }));
    assert.deepEqual(steps[0]?.request.rows[0]?.output, "none");
    defined(steps[0]).end({ tokens: [[]] });
    await tell(one(number, 70, 99));
    assert.deepEqual(x.of("advanced"), [{ type: "advanced", position: 70 }]);
    const output = defined(steps[1]?.request.rows[0]).output;
    assert.deepEqual(typeof output === "object" ? [...output.history] : output, [...chunk.subarray(7), 99]);
    defined(steps[1]).end({ tokens: [[42]] });
    await tell({ type: "close", sequence: 999, keep: false });
    assert.deepEqual(x.of("sampled"), [{ type: "sampled", position: 71, tokens: [42] }]);
  });
});

test("tokens of an answer that are run again attend one by one in each segment, those of a prompt together", async () => {
  await scene({ context: 300 }, async ({ talker, enter, tell, steps, next }) => {
    const number = await enter(talker("x"));
    const attentions = ["chunk", "single"] as const;
    for (const [index, attention] of attentions.entries()) {
      const tokens = Int32Array.of(1, 2, 3);
      await tell(forwardOf(number, { position: 3 * index, tokens, attention, sample: "none" }));
      assert.equal(steps[index]?.request.rows[0]?.attention, attention);
      defined(steps[index]).end({ hidden: new Float32Array(6) });
    }
    await tell({ type: "close", sequence: 999, keep: false });
    assert.deepEqual(next.of("forward").map(({ singles }) => [...singles]), [[0], [1]]);
  });
});

test("who has left hears nothing of the step that was under way", async () => {
  await scene({ samples: true }, async ({ talker, enter, tell, steps }) => {
    const x = talker("x");
    await tell(one(await enter(x), 0, 1));
    await tell({ type: "leave", conversation: x.ref, keep: false });
    defined(steps[0]).end({ tokens: [[42]] });
    await tell({ type: "close", sequence: 999, keep: false });
    assert.deepEqual(x.heard.map(({ type }) => type), ["seated"]);
  });
});

for (const tokens of [[[]], []]) {
  test(`a row that asked for a token and gets ${tokens.length === 0 ? "no word" : "none"} fails, rather than to tell no token`, async () => {
    await scene({ samples: true }, async ({ talker, enter, tell, steps }) => {
      const x = talker("x");
      await tell(one(await enter(x), 0, 1));
      defined(steps[0]).end({ tokens });
      await tell({ type: "close", sequence: 999, keep: false });
      assert.deepEqual(x.of("sampled"), []);
      assert.match(x.of("failed")[0]?.reason ?? "", /no token came out at position 1/);
    });
  });
}

test("a step that fails fails its rows' sequences, and the segment goes on with others", async () => {
  await scene({}, async ({ talker, enter, tell, steps, next, ends }) => {
    const [x, y] = [talker("x"), talker("y")];
    await tell(one(await enter(x), 0, 1));
    const second = await enter(y);
    await tell(one(second, 0, 2));
    defined(steps[0]).fail(new ComputeError("no memory"));
    await tell({ type: "close", sequence: 999, keep: false });
    assert.deepEqual(x.of("failed"), [{ type: "failed", reason: "no memory" }]);
    assert.equal(next.of("close").length, 1);
    assert.deepEqual([...defined(steps[1]).request.tokens], [2]);
    assert.deepEqual([y.of("failed").length, ends.length], [0, 0]);
  });
});

test("hidden states are moved to the worker in an array of their own, whatever the message's lay in", async () => {
  await scene({ embeds: false }, async ({ talker, tell, steps }) => {
    await tell(open(talker("x"), 5, 0));
    const hidden = Float32Array.of(1, 2);
    await tell({ ...one(5, 0, 1), hidden });
    const moved = defined(steps[0]?.request.hidden);
    assert.notEqual(moved.buffer, hidden.buffer);
    assert.equal(moved.byteLength, moved.buffer.byteLength);
  });
});

test("who looks sees slots, lines and what was done lately", async () => {
  await scene({}, async ({ clock, talker, enter, tell, steps, look }) => {
    const numbers = [await enter(talker("x")), await enter(talker("y"))];
    await enter(talker("z"));
    await tell(one(defined(numbers[0]), 0, 1));
    await tell(one(defined(numbers[1]), 0, 1, 2, 3));
    await tell(one(defined(numbers[0]), 1, 1));
    assert.deepEqual(await look(), {
      slots: { taken: 2, all: 2 },
      tokens: { taken: 40, kept: 0, all: 40 },
      waiting: 1,
      queued: { decode: 1, prefill: 1 },
      steps: 0,
      rowsPerStep: 0,
      tokensPerSecond: 0,
    });
    for (let step = 0; step < 3; step++) {
      defined(steps[step]).end({ hidden: new Float32Array(6) });
      await clock.advance(1);
    }
    await clock.advance(2000);
    const { steps: done, rowsPerStep, tokensPerSecond } = await look();
    assert.deepEqual([done, rowsPerStep], [3, 1]);
    assert.ok(Math.abs(tokensPerSecond - 5 / 2) < 0.05, `${tokensPerSecond}`);
    await clock.advance(20_000);
    assert.deepEqual([(await look()).tokensPerSecond, (await look()).steps], [0, 3]);
  });
});

test("a sequence that may share kernels does so where others are under way, for its life, in each segment", async () => {
  await scene({ slots: 4 }, async ({ talker, tell, route, next, steps }) => {
    const seat = async (name: string, sharing: "no" | "yes" | "may") => {
      const { ref: conversation, of } = talker(name);
      await tell({ type: "enter", conversation, route, sampling: defaultSampling, sharing });
      return defined(of("seated")[0]);
    };
    const first = await seat("x", "may");
    const [second, third] = [await seat("y", "may"), await seat("z", "no")];
    assert.deepEqual([first, second, third].map(({ shared }) => shared), [undefined, true, undefined]);
    assert.deepEqual(next.of("open").map(({ shared }) => shared), [undefined, true, undefined]);
    await tell({ type: "leave", conversation: talker("nobody").ref, keep: false });
    for (const { sequence } of [first, second]) await tell(one(sequence, 0, 1));
    defined(steps[0]).end({ hidden: Float32Array.of(1, 2) });
    await tell({ type: "close", sequence: 999, keep: false });
    assert.deepEqual(steps.map(({ request: { rows } }) => rows.map(({ shared }) => shared)), [[false], [true]]);
  });
});

test("who comes alone shares kernels too where several were under way lately", async () => {
  await scene({ slots: 4 }, async ({ talker, tell, route, clock }) => {
    const seat = async (name: string) => {
      const { ref: conversation, of } = talker(name);
      await tell({ type: "enter", conversation, route, sampling: defaultSampling, sharing: "may" });
      const leave = () => tell({ type: "leave", conversation, keep: false });
      return { shared: defined(of("seated")[0]).shared, leave };
    };
    const [first, second] = [await seat("x"), await seat("y")];
    for (const { leave } of [first, second]) await leave();
    const soon = await seat("z");
    await soon.leave();
    await clock.advance(60_000);
    const later = await seat("w");
    assert.deepEqual([first, second, soon, later].map(({ shared }) => shared), [undefined, true, true, undefined]);
  });
});
