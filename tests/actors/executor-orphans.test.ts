/** The executor alone: what broken sequences leave in its caches, who gets it, and when it is gone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GRACE_MILLISECONDS, Orphans, RESERVED_MILLISECONDS } from "../../actors/executor/orphans.ts";
import { defined } from "./defined.ts";
import { type ExecutorScene, one, open, scene, type Talker } from "./executor-scene.ts";

/** Has a first segment run so many of a sequence's tokens, counted from 1 on, and breaks it. */
async function leaveBehind(
  { enter, tell, steps, clock }: ExecutorScene,
  talker: Talker,
  tokens: number,
  keep = true,
): Promise<void> {
  const number = await enter(talker);
  await tell(one(number, 0, ...Array.from({ length: tokens }, (_, at) => at + 1)));
  defined(steps.at(-1)).end({ hidden: new Float32Array(2 * tokens) });
  await clock.advance(1);
  await tell({ type: "leave", conversation: talker.ref, keep });
}

const extents = ({ next }: ExecutorScene) => next.of("open").map(({ resume }) => resume?.extent);

test("what a broken sequence left goes to whoever brings its ids, in its slot, before others that wait", async () => {
  await scene({}, async (scene) => {
    const { talker, enter, tell, next, steps } = scene;
    const [w, x, y, z] = [talker("w"), talker("x"), talker("y"), talker("z")];
    await enter(w);
    await leaveBehind(scene, x, 3);
    await enter(y);
    assert.equal(y.of("seated").length, 0, "the slot is kept for x");
    const number = await enter(z, {}, [1, 2, 3, 4, 5]);
    assert.deepEqual(next.of("open").map(({ slot }) => slot), [0, 1, 1]);
    assert.deepEqual(extents(scene), [undefined, undefined, 3]);
    assert.deepEqual([...defined(next.of("open")[2]?.resume?.ids)], [1, 2, 3, 4, 5]);
    assert.equal(z.of("resumed").length, 0, "the last segment says how much there is");
    await tell(one(number, 3, 4, 5));
    assert.deepEqual(steps[1]?.request.rows.map(({ slot, position }) => [slot, position]), [[1, 3]]);
  });
});

test("a sequence that is taken up may begin anywhere in what is held, once", async () => {
  await scene({}, async (scene) => {
    const { talker, enter, tell, steps } = scene;
    const [x, y, z] = [talker("x"), talker("y"), talker("z")];
    await leaveBehind(scene, x, 3);
    const number = await enter(y, {}, [1, 2, 3, 4]);
    await tell(one(number, 1, 2, 3));
    assert.equal(steps.length, 2);
    await tell(one(number, 2, 3));
    assert.match(y.of("failed")[0]?.reason ?? "", /position 2 came where 3 was due/);
    defined(steps[1]).end({ hidden: new Float32Array(4) });
    await leaveBehind(scene, talker("x2"), 3);
    await tell(one(await enter(z, {}, [1, 2, 3, 4]), 4, 5));
    assert.match(z.of("failed")[0]?.reason ?? "", /position 4 came where 3 was due/);
  });
});

test("other ids, an answer that ended well and a step that did not leave nothing", async () => {
  await scene({ slots: 4, prefixes: false }, async (scene) => {
    const { talker, enter, tell, steps, clock, look } = scene;
    await leaveBehind(scene, talker("x"), 3);
    await enter(talker("stranger"), {}, [9, 9, 9, 9]);
    const well = talker("well");
    await leaveBehind(scene, well, 3, false);
    const [y, z] = [talker("y"), talker("z")];
    const number = await enter(y);
    await tell(one(number, 0, 1, 2, 3));
    defined(steps.at(-1)).fail(new Error("it went wrong"));
    await clock.advance(1);
    assert.equal(y.of("failed").length, 1);
    await clock.advance(GRACE_MILLISECONDS + 1);
    await enter(z, {}, [1, 2, 3, 4]);
    assert.deepEqual(extents(scene), [undefined, undefined, undefined, undefined, undefined]);
    assert.equal(z.of("resumed")[0]?.position, 0);
    assert.equal((await look()).slots.taken, 2);
  });
});

test("rows that have not been through a step do not count; a step under way that ends well does", async () => {
  await scene({}, async (scene) => {
    const { talker, enter, tell, steps, clock } = scene;
    const x = talker("x");
    const number = await enter(x);
    await tell(one(number, 0, 1, 2, 3));
    defined(steps[0]).end({ hidden: new Float32Array(6) });
    await clock.advance(1);
    await tell(one(number, 3, 4));
    await tell(one(number, 4, 5));
    await tell({ type: "leave", conversation: x.ref, keep: true });
    defined(steps[1]).end({ hidden: new Float32Array(2) });
    await clock.advance(1);
    await enter(talker("y"), {}, [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(extents(scene), [undefined, 4]);
  });
});

test("who waits gets the slot of the oldest orphan once its answer has had time to come back", async () => {
  await scene({}, async (scene) => {
    const { talker, enter, clock, next } = scene;
    await leaveBehind(scene, talker("w"), 2);
    await clock.advance(100);
    await leaveBehind(scene, talker("x"), 3);
    const [y, z] = [talker("y"), talker("z")];
    await enter(y);
    assert.equal(y.of("seated").length, 0);
    await clock.advance(RESERVED_MILLISECONDS - 50);
    assert.deepEqual([y.of("seated").length, next.of("open").at(-1)?.slot], [1, 0]);
    await enter(z, {}, [1, 2, 3, 4]);
    assert.deepEqual(extents(scene).at(-1), 3);
  });
});

test("a later segment tells the conversation what there is where it has nothing, and passes on the least where it has", async () => {
  await scene({ embeds: false }, async (scene) => {
    const { talker, tell, route, next, steps, clock } = scene;
    const [x, y, z] = [talker("x", "a"), talker("y", "a"), talker("z", "a")];
    const ids = Int32Array.of(1, 2, 3, 4, 5);
    await tell(open(x, 5, 0, route, { ids, extent: 4, was: 5 }), "a");
    assert.deepEqual(x.of("resumed"), [{ type: "resumed", position: 0 }]);
    await tell({ ...one(5, 0, 1, 2, 3), hidden: new Float32Array(6) }, "a");
    defined(steps[0]).end({ hidden: new Float32Array(6) });
    await clock.advance(1);
    await tell({ type: "close", sequence: 5, keep: true }, "a");
    await tell(open(y, 6, 0, route, { ids, extent: 2, was: 5 }), "a");
    assert.equal(next.of("open").at(-1)?.resume?.extent, 2);
    await tell({ type: "close", sequence: 6, keep: true }, "a");
    await tell(open(z, 7, 0, [], { ids, extent: 4, was: 5 }), "a");
    assert.deepEqual(z.of("resumed"), [{ type: "resumed", position: 2 }]);
  });
});

test("caches move with their sequence where the slot is another one; if that fails, so does the sequence", async () => {
  await scene({ embeds: false }, async (scene) => {
    const { talker, tell, route, steps, clock, copies } = scene;
    const ids = Int32Array.from({ length: 16 }, (_, at) => at + 1);
    for (const [number, tokens] of [[5, 4], [7, 12]] as const) {
      const [x, y] = [talker(`x${number}`, "a"), talker(`y${number}`, "a")];
      await tell(open(x, number, 1, route), "a");
      await tell({ ...one(number, 0, ...ids.subarray(0, tokens)), hidden: new Float32Array(2 * tokens) }, "a");
      defined(steps.at(-1)).end({ hidden: new Float32Array(2 * tokens) });
      await clock.advance(1);
      await tell({ type: "close", sequence: number, keep: true }, "a");
      await tell(open(y, number + 1, 0, route, { ids, extent: 15, was: number }), "a");
      assert.deepEqual(copies.at(-1), [1, 0, tokens]);
      assert.equal(y.of("failed")[0]?.reason, tokens < 10 ? undefined : "so much cannot be copied");
      await tell({ type: "close", sequence: number + 1, keep: false }, "a");
    }
  });
});

test("a sequence whose end has not been heard of is taken up by whoever brings its ids, from another device too", async () => {
  await scene({ embeds: false }, async (scene) => {
    const { talker, tell, route, steps, clock, next } = scene;
    const [x, y] = [talker("x", "a"), talker("y", "c")];
    await tell(open(x, 5, 0, route), "a");
    await tell({ ...one(5, 0, 1, 2), hidden: new Float32Array(4) }, "a");
    defined(steps[0]).end({ hidden: new Float32Array(4) });
    await clock.advance(1);
    await tell(open(y, 6, 0, route, { ids: Int32Array.of(1, 2, 3), extent: 2, was: 5 }), "c");
    assert.deepEqual(next.heard.map(({ type }) => type), ["open", "forward", "close", "open"]);
    assert.equal(next.of("open").at(-1)?.resume?.extent, 2);
    assert.deepEqual(y.of("failed"), []);
  });
});

test("of several orphans the one that holds most goes to who asks, and two answers to one prompt keep their own", () => {
  const ids = fc.array(fc.constantFrom(1, 2), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(fc.array(ids, { minLength: 1, maxLength: 4 }), ids, (kept, asked) => {
    const orphans = new Orphans();
    for (const [slot, held] of kept.entries()) {
      orphans.keep({ number: slot, slot, ids: [...held], promptTokens: 0, held: held.length }, 0);
    }
    const common = kept.map((held) => {
      const differs = held.findIndex((id, at) => id !== asked[at]);
      return Math.min(differs < 0 ? held.length : differs, asked.length - 1);
    });
    const found = orphans.find(Int32Array.from(asked), 0);
    assert.equal(found?.extent ?? 0, Math.max(...common));
    if (found !== undefined) {
      const equals = kept.filter((_, slot) => common[slot] === found.extent);
      assert.equal(kept[found.slot]?.length, Math.min(...equals.map(({ length }) => length)));
    }
    for (const [was, extent] of common.entries()) {
      assert.equal(orphans.find(Int32Array.from(asked), 0, { was })?.number, extent > 0 ? was : found?.number);
    }
    assert.equal(orphans.find(Int32Array.from(asked), GRACE_MILLISECONDS + 1), undefined);
  }));
});
