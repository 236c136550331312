/** Sequences at levels of an elastic model: what is in their caches is of use to their own level alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Inventory } from "../../actors/executor/heritage-protocol.ts";
import { Orphans } from "../../actors/executor/orphans.ts";
import { type ExecutorMessage, parseExecutorMessage } from "../../actors/executor/protocol.ts";
import { IDLE_MILLISECONDS } from "../../actors/executor/rereading.ts";
import { MAX_LEVELS } from "../../actors/wire.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { defined } from "./defined.ts";
import { type ExecutorScene, one, scene } from "./executor-scene.ts";

const LEVELS = 4;
const IDS = Int32Array.from({ length: 18 }, (_, at) => 1 + at);
const NEXT = Int32Array.of(...IDS, 50);

/** How far a sequence goes on from what is here: an answer that is taken up, or a fresh prompt. */
async function takenUp(scene: ExecutorScene, level: number | undefined, fresh: boolean): Promise<number> {
  const { tell, talker, route, next } = scene;
  const { ref: conversation } = talker("again");
  const resumed = { resume: NEXT, promptTokens: fresh ? NEXT.length : IDS.length, fresh, level };
  await tell({ type: "enter", conversation, route, sampling: defaultSampling, ...resumed });
  return next.of("open").at(-1)?.resume?.extent ?? 0;
}

/** A sequence that has been run here at a level, and is let go. */
async function leaves(
  { tell, talker, route, steps, clock }: ExecutorScene,
  level: number | undefined,
  over: boolean,
  promptTokens = IDS.length,
) {
  const { ref: conversation, of } = talker("first");
  const enter = { type: "enter", conversation, route, sampling: defaultSampling, promptTokens } as const;
  await tell({ ...enter, level });
  const { sequence } = defined(of("seated")[0]);
  await tell(one(sequence, 0, ...IDS));
  defined(steps[0]).end({ hidden: new Float32Array(2 * IDS.length) });
  await clock.advance(1);
  await tell({ type: "leave", conversation, keep: true, over });
}

/** Ways in which caches of a level come to be here, and whether a fresh prompt may have them. */
const ways: Readonly<
  Record<string, {
    readonly fresh: boolean;
    readonly bring: (scene: ExecutorScene, level: number | undefined) => Promise<void>;
  }>
> = {
  "an answer broke here": { fresh: false, bring: (scene, level) => leaves(scene, level, false) },
  "an answer is over": { fresh: true, bring: (scene, level) => leaves(scene, level, true) },
  "an answer was mirrored here": {
    fresh: false,
    async bring({ tell, talker }, level) {
      const source = talker("source", "a").ref as unknown as Ref<Extract<ExecutorMessage, { type: "copied" }>>;
      await tell({ type: "follow", source });
      const copy = { type: "copy", copy: 1, sequence: 9, slot: 0, position: 0, promptTokens: IDS.length } as const;
      await tell({ ...copy, tokens: IDS, data: new Float32Array(IDS.length), level }, "a");
      await tell({ type: "follow", source: undefined });
    },
  },
  "an answer was recalled by its mirror": {
    fresh: false,
    async bring(scene, level) {
      const { tell, talker } = scene;
      await leaves(scene, level, false);
      const source = talker("source", "a").ref as unknown as Ref<Extract<ExecutorMessage, { type: "copied" }>>;
      await tell({ type: "follow", source });
      const recall = { type: "recall", copy: 1, sequence: 9, slot: 0, ids: NEXT, promptTokens: IDS.length } as const;
      await tell({ ...recall, level }, "a");
      await tell({ type: "follow", source: undefined });
    },
  },
  "an answer was inherited": {
    fresh: false,
    async bring({ tell, talker }, level) {
      const replyTo = talker("heir").ref as unknown as Ref<Reply<number>>;
      const bequest = { type: "bequest", sequence: 9, slot: 0, position: 0, promptTokens: IDS.length } as const;
      await tell({ ...bequest, ids: IDS, level, parts: [], replyTo });
    },
  },
};

const pairs = [[2, 2], [undefined, undefined], [2, 3], [2, undefined], [undefined, 1]] as const;
for (const [way, { fresh, bring }] of Object.entries(ways)) {
  for (const [was, asks] of pairs) {
    const expected = was === asks ? IDS.length : 0;
    test(`where ${way} at level ${was}, one at level ${asks} begins with ${expected} positions`, async () => {
      await scene({ levels: LEVELS }, async (scene) => {
        await bring(scene, was);
        assert.equal(await takenUp(scene, asks, fresh), expected);
      });
    });
  }
}

test("each row runs at the level of its sequence, and the segments behind are told which", async () => {
  await scene({ levels: LEVELS, slots: 4 }, async ({ tell, talker, route, steps, next, clock }) => {
    for (const level of [undefined, 1, 3]) {
      const { ref: conversation, of } = talker(`at-${level}`);
      await tell({ type: "enter", conversation, route, sampling: defaultSampling, level });
      await tell(one(defined(of("seated")[0]).sequence, 0, 7));
    }
    assert.deepEqual(next.of("open").map(({ level }) => level), [undefined, 1, 3]);
    while (steps.length > 0) {
      const { request, end } = defined(steps.shift());
      for (const { slot, level } of request.rows) assert.equal(level, [undefined, 1, 3][slot]);
      end({ hidden: new Float32Array(2 * request.rows.length) });
      await clock.advance(1);
    }
  });
});

test("who looks sees the levels of the latest sequences, at an elastic model's first segment", async () => {
  for (const [levels, expected] of [[LEVELS, [[4, 1], [2, 2]]], [1, undefined]] as const) {
    await scene({ levels, slots: 4 }, async ({ tell, talker, route, look }) => {
      for (const level of levels === 1 ? [undefined] : [2, undefined, 2]) {
        const { ref: conversation } = talker(`at-${Math.random()}`);
        await tell({ type: "enter", conversation, route, sampling: defaultSampling, level });
      }
      assert.deepEqual((await look()).levels?.map(({ level, sequences }) => [level, sequences]), expected);
    });
  }
});

for (const embeds of [true, false]) {
  test(`a level that the model has not got is refused at ${embeds ? "the first" : "a later"} segment`, async () => {
    await scene({ levels: LEVELS, embeds }, async ({ tell, talker, route }) => {
      const device = embeds ? "b" : "a";
      const { ref: conversation, of } = talker("asks", device);
      const known = { conversation, route, sampling: defaultSampling, level: LEVELS + 1 };
      if (embeds) await tell({ type: "enter", ...known });
      else await tell({ type: "open", sequence: 3, slot: 0, ...known }, device);
      assert.match(defined(of("failed")[0]).reason, /there is no level 5: this model has 4/);
    });
  });
}

test("what an answer leaves is read again at its own level, for prompts that go on from it", async () => {
  await scene({ levels: LEVELS }, async (scene) => {
    await leaves(scene, 2, true, 1);
    await scene.clock.advance(IDLE_MILLISECONDS);
    assert.deepEqual(scene.next.of("open").map(({ idle = false, level }) => [idle, level]), [[false, 2], [true, 2]]);
  });
});

test("who lends says at which level sequences run", async () => {
  await scene({ levels: LEVELS }, async (scene) => {
    await leaves(scene, 3, false);
    await scene.tell({ type: "bequeath", heirs: ["b"] });
    const heir = scene.talker("heir");
    await scene.tell({ type: "take-inventory", replyTo: heir.ref as unknown as Ref<Reply<Inventory>> });
    assert.match(JSON.stringify(heir.heard), /"level":3/);
  });
});

for (const level of [0, -1, 1.5, MAX_LEVELS + 1, NaN, "2", null]) {
  test(`no peer can name ${level} as a level`, async () => {
    await scene({}, ({ talker, route }) => {
      const { ref: conversation } = talker("asks");
      const open = { type: "open", sequence: 3, slot: 0, conversation, route, sampling: defaultSampling };
      const copy = { type: "copy", copy: 1, sequence: 9, slot: 0, position: 0, tokens: IDS, data: new Float32Array(1) };
      const recall = { type: "recall", copy: 1, sequence: 9, slot: 0, ids: IDS };
      for (const message of [open, copy, recall]) {
        assert.doesNotThrow(() => parseExecutorMessage({ ...message, level: 2 }, "a"));
        assert.throws(() => parseExecutorMessage({ ...message, level }, "a"));
      }
      return Promise.resolve();
    });
  });
}

test("whatever is kept, nobody is given the caches of another level", () => {
  const anyLevel = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
  const ids = fc.array(fc.constantFrom(1, 2), { minLength: 2, maxLength: 24 });
  const kept = fc.record({ ids, promptTokens: fc.nat(24), shared: fc.boolean(), over: fc.boolean(), level: anyLevel });
  const asked = fc.record({
    ids,
    promptTokens: fc.nat(24),
    shared: fc.boolean(),
    fresh: fc.boolean(),
    level: anyLevel,
  });
  fc.assert(fc.property(fc.array(kept, { maxLength: 5 }), asked, (all, { ids, ...options }) => {
    const orphans = new Orphans(true);
    for (const [slot, { over, ...one }] of all.entries()) {
      orphans.keep({ ...one, number: slot, slot, held: one.ids.length }, 0, over);
    }
    const found = orphans.find(Int32Array.from(ids), 1, options);
    if (found !== undefined) assert.equal(defined(all[found.slot]).level, options.level);
  }));
});
