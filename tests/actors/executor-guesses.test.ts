/** Rows with guesses in an executor: what is drawn of them, where the next row may come in, and what caches are said to hold. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nextToken } from "../../actors/conversation/steps.ts";
import { forwardOf } from "../../actors/pipeline.ts";
import { defined } from "./defined.ts";
import { type ExecutorScene, one, scene, type Talker } from "./executor-scene.ts";

/** A sequence of the prompt 1, 2, 3 whose token 4 is under way with the guesses 5, 6, 7. */
async function guessing(
  more: Parameters<typeof scene>[0],
  action: (scene: ExecutorScene, x: Talker, number: number) => Promise<void>,
) {
  await scene(more, async (scene) => {
    const { talker, enter, tell, steps } = scene;
    const x = talker("x");
    const number = await enter(x, { repetitionPenalty: 1.1 });
    await tell(one(number, 0, 1, 2, 3));
    defined(steps[0]).end({ tokens: [[4]], hidden: new Float32Array(6) });
    await tell(forwardOf(number, nextToken(3, 4, [5, 6, 7])));
    await action(scene, x, number);
  });
}

const nudge = { type: "close", sequence: 999, keep: false } as const;

test("the head is given the guesses, and a history without them; the conversation gets all that was drawn", async () => {
  await guessing({ samples: true }, async ({ steps, tell, look }, x) => {
    const [row] = defined(steps[1]).request.rows;
    assert.deepEqual([row?.position, row?.count, row?.attention], [3, 4, "single"]);
    const output = defined(row).output;
    if (typeof output === "string") assert.fail(output);
    assert.deepEqual([[...output.history], [...defined(output.guesses)]], [[1, 2, 3, 4], [5, 6, 7]]);
    defined(steps[1]).end({ tokens: [[5, 9]] });
    await tell(nudge);
    assert.deepEqual(x.of("sampled").at(-1), { type: "sampled", position: 4, tokens: [5, 9] });
    assert.deepEqual((await look()).guesses, { accepted: 1, rejected: 2 });
  });
});

for (const [position, right] of [[4, 0], [5, 1], [6, 2], [7, 3]] as const) {
  test(`behind ${right} right guesses the next row comes in at ${position}, and its history is of what was drawn`, async () => {
    await guessing({ samples: true }, async ({ steps, tell }, x, number) => {
      const drawn = [...[5, 6, 7].slice(0, right), 9];
      defined(steps[1]).end({ tokens: [drawn] });
      await tell(forwardOf(number, nextToken(position, 9)));
      assert.deepEqual(x.of("failed"), []);
      const output = defined(steps[2]?.request.rows[0]).output;
      assert.deepEqual(typeof output === "string" ? output : [...output.history], [1, 2, 3, 4, ...drawn]);
    });
  });
}

for (const position of [3, 8]) {
  test(`a row at ${position}, before the guesses or behind them, is out of turn`, async () => {
    await guessing({ samples: true }, async ({ steps, tell }, x, number) => {
      defined(steps[1]).end({ tokens: [[9]] });
      await tell(forwardOf(number, nextToken(position, 9)));
      assert.match(x.of("failed")[0]?.reason ?? "", new RegExp(`position ${position} came where 7 was due`));
    });
  });
}

test("who takes the sequence up finds in the caches what is certain, and no wrong guess", async () => {
  await guessing({}, async ({ steps, tell, talker, enter }, x) => {
    defined(steps[1]).end({ hidden: new Float32Array(8) });
    await tell({ type: "leave", conversation: x.ref, keep: true });
    const y = talker("y");
    await enter(y, {}, [1, 2, 3, 4, 5, 6, 7, 8]);
    // It goes down the pipeline with that extent.
    const number = defined(y.of("seated")[0]).sequence;
    await tell(forwardOf(number, { position: 4, tokens: Int32Array.of(5, 6), attention: "single", sample: "none" }));
    assert.deepEqual(y.of("failed"), []);
    await tell(one(number, 8, 1));
    assert.equal(y.of("failed").length, 1, "but the next row is due at 6");
  });
});

test("what was held before a step with guesses fails is what is held after it", async () => {
  await guessing({}, async ({ steps, tell, talker, enter, next }, x) => {
    await tell({ type: "leave", conversation: x.ref, keep: true });
    defined(steps[1]).end({ hidden: new Float32Array(8) });
    await tell(nudge);
    await enter(talker("y"), {}, [1, 2, 3, 4, 5, 9, 9]);
    assert.equal(next.of("open").at(-1)?.resume?.extent, 4);
  });
});
