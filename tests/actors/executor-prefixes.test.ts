/** The executor alone: prompts that begin with what others have left in its caches, and what gives way for whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { IDLE_MILLISECONDS } from "../../actors/executor/rereading.ts";
import { extentOf } from "../../actors/executor/orphans.ts";
import { forwardOf } from "../../actors/pipeline.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { defined } from "./defined.ts";
import { type ExecutorScene, scene, type Talker } from "./executor-scene.ts";

const OPTIONS = { context: 100, slots: 3, concurrency: 2 } as const;
const count = (length: number, from = 1) => Int32Array.from({ length }, (_, at) => (from + at) % 100);

interface Asked {
  readonly ids: Int32Array;
  readonly client?: string;
}

/** Asks for a place for a prompt that nobody has begun. */
async function ask({ tell, route }: ExecutorScene, { ref: conversation }: Talker, { ids, client = "" }: Asked) {
  const fresh = { resume: ids, fresh: true, promptTokens: ids.length, client };
  await tell({ type: "enter", conversation, route, sampling: defaultSampling, ...fresh });
}

/** Runs tokens of a sequence from a position on; their step ends well. */
async function run(
  scene: ExecutorScene,
  talker: Talker,
  position: number,
  tokens: Int32Array,
  attention: "chunk" | "single",
) {
  const sequence = defined(talker.of("seated").at(-1)).sequence;
  await scene.tell(forwardOf(sequence, { position, tokens, attention, sample: "last" }));
  defined(scene.steps.at(-1)).end({ hidden: new Float32Array(2 * tokens.length) });
  await scene.clock.advance(1);
}

/** A prompt that is answered with so many tokens, and is over. */
async function answered(scene: ExecutorScene, name: string, prompt: Int32Array, answer: number): Promise<void> {
  const talker = scene.talker(name);
  await ask(scene, talker, { ids: prompt });
  await run(scene, talker, 0, prompt, "chunk");
  if (answer > 0) await run(scene, talker, prompt.length, count(answer, 60), "single");
  await scene.tell({ type: "leave", conversation: talker.ref, keep: true, over: true });
}

const extent = ({ next }: ExecutorScene) => next.of("open").at(-1)?.resume?.extent;

test("a prompt that begins like one before starts behind what both have in common, in its slot or in a copy", async () => {
  await scene(OPTIONS, async (scene) => {
    await answered(scene, "x", count(9), 0);
    await ask(scene, scene.talker("short"), { ids: count(10) });
    assert.equal(extent(scene), undefined, "so little is run again");
    await answered(scene, "y", count(40), 0);
    const [more, other] = [scene.talker("more"), scene.talker("other")];
    await ask(scene, more, { ids: Int32Array.of(...count(20), ...count(40, 70)) });
    assert.equal(extent(scene), 20);
    assert.deepEqual(more.of("seated").map(({ resumes }) => resumes), [true]);
    assert.equal(more.of("resumed").length, 0, "the last segment says how much there is");
    assert.equal(scene.copies.at(-1)?.[2], 40, "the longer one makes room in its slot");
    await scene.tell({ type: "leave", conversation: more.ref, keep: false });
    await ask(scene, other, { ids: count(50) });
    assert.equal(extent(scene), 40, "what was copied is still there");
  });
});

test("an answer's tokens serve no prompt until they have been read as a prompt's, which gives way to all else", async () => {
  await scene(OPTIONS, async (scene) => {
    const { next, steps, clock, talker, tell } = scene;
    await answered(scene, "x", count(20), 30);
    const second = Int32Array.of(...count(20), ...count(30, 60), 7, 8);
    await ask(scene, talker("early"), { ids: second });
    assert.equal(extent(scene), 20);
    const early = defined(next.of("open").at(-1));
    await tell({ type: "leave", conversation: early.conversation, keep: true, over: true });
    await answered(scene, "y", count(20, 30), 30);
    await clock.advance(IDLE_MILLISECONDS + 1);
    const reading = defined(next.of("open").at(-1));
    assert.deepEqual([reading.idle, reading.promptTokens, reading.resume?.extent], [true, 50, 20]);
    assert.equal((await scene.look()).slots.taken, 0, "nobody is kept from a place by it");
    const before = steps.length;
    await ask(scene, talker("z"), { ids: count(5) });
    assert.deepEqual(next.of("close").at(-1)?.sequence, reading.sequence);
    assert.equal(steps.length, before);
  });
});

test("each client has its turn for a place, however many another has waiting", async () => {
  await scene({ ...OPTIONS, slots: 1, concurrency: 1 }, async (scene) => {
    const talkers = ["held", "a1", "a2", "a3", "b1"].map((name) => scene.talker(name));
    for (const [at, talker] of talkers.entries()) {
      await ask(scene, talker, { ids: count(3), client: at < 4 ? "a" : "b" });
    }
    assert.deepEqual(defined(talkers[1]).heard, [{ type: "waits" }]);
    const seated: string[] = [];
    for (let left = 0; left < 4; left++) {
      const last = talkers.filter((talker) => talker.of("seated").length > 0).at(-1);
      const open = defined(scene.next.of("open").at(-1));
      await scene.tell({ type: "leave", conversation: open.conversation, keep: false });
      assert.ok(last !== undefined);
      seated.push(defined(scene.next.of("open").at(-1)).conversation.path);
    }
    assert.deepEqual(seated.map((path) => path.slice(-2)), ["a1", "b1", "a2", "a3"]);
  });
});

test("where the tokens run out the youngest is put off, kept caches go first, and the oldest ends", async () => {
  await scene({ ...OPTIONS, cacheTokens: 100 }, async (scene) => {
    const { talker, tell, look } = scene;
    const [old, young] = [talker("old"), talker("young")];
    const enter = (one: Talker, room: number) => {
      const asked = { resume: count(10), fresh: true, promptTokens: 10, room };
      return tell({ type: "enter", conversation: one.ref, route: scene.route, sampling: defaultSampling, ...asked });
    };
    await enter(old, 30);
    await enter(young, 60);
    assert.equal((await look()).slots.taken, 2);
    const third = talker("third");
    await enter(third, 30);
    assert.deepEqual(third.heard, [{ type: "waits" }], "it has a slot to go to but no memory");
    await tell(forwardOf(defined(old.of("seated")[0]).sequence, {
      ...{ position: 0, tokens: count(50), attention: "chunk", sample: "last" },
    }));
    assert.match(young.of("failed")[0]?.reason ?? "", /older answers needed its memory/);
    assert.equal(old.of("failed").length, 0);
    assert.equal(third.of("seated").length, 1, "who needs less has its turn");
  });
});

test("caches serve another prompt as far as the same ids have attended in the same way", () => {
  const sequence = fc.record({ ids: fc.array(fc.constantFrom(1, 2), { maxLength: 8 }), prompt: fc.nat(8) });
  fc.assert(fc.property(sequence, sequence, fc.nat(8), (one, other, held) => {
    const written = ({ ids, prompt }: typeof one, at: number) => {
      const together = prompt > 1 && at < prompt;
      return `${ids.slice(0, at + 1)} ${
        Array.from({ length: at + 1 }, (_, index) => prompt > 1 && index < prompt)
      } ${together}`;
    };
    const limit = Math.min(held, one.ids.length);
    const kept = { number: 1, slot: 0, ids: one.ids, promptTokens: one.prompt, held: limit };
    const extent = extentOf(kept, other.ids, { promptTokens: other.prompt });
    for (let at = 0; at < extent; at++) assert.equal(written(one, at), written(other, at));
    assert.ok(extent <= limit);
  }));
});
