/**
 * Sequences that share kernels with others have other bits than those that do not: what one of them leaves in the caches, here,
 * on a mirror or with an heir, is of use to the other as far as its prompt goes, and no further.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Orphans } from "../../actors/executor/orphans.ts";
import { commonPrefix } from "../../actors/executor/sequences.ts";
import type { Inventory } from "../../actors/executor/heritage-protocol.ts";
import type { ExecutorMessage } from "../../actors/executor/protocol.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { defined } from "./defined.ts";
import { type ExecutorScene, one, scene } from "./executor-scene.ts";

const PROMPT = 3;
const IDS = Int32Array.of(1, 2, 3, 4, 5, 6);
const NEXT = Int32Array.of(...IDS, 7);

/** How far an answer goes on from what is here; it has shared kernels from its first token on, or has not. */
async function takenUp({ tell, talker, route, next }: ExecutorScene, sharing: "yes" | "no"): Promise<number> {
  const { ref: conversation } = talker("again");
  const resumed = { resume: NEXT, promptTokens: PROMPT, sharing };
  await tell({ type: "enter", conversation, route, sampling: defaultSampling, ...resumed });
  return next.of("open").at(-1)?.resume?.extent ?? 0;
}

/** Ways in which caches of an answer come to be here without it. */
const ways: Readonly<Record<string, (scene: ExecutorScene, shared: boolean) => Promise<void>>> = {
  async "broke here"({ tell, talker, route, steps, clock }, shared) {
    const { ref: conversation, of } = talker("first");
    const sharing = shared ? "yes" as const : "no" as const;
    const enter = { type: "enter", conversation, route, sampling: defaultSampling, promptTokens: PROMPT } as const;
    await tell({ ...enter, sharing });
    const { sequence } = defined(of("seated")[0]);
    await tell(one(sequence, 0, ...IDS));
    defined(steps[0]).end({ hidden: new Float32Array(2 * IDS.length) });
    await clock.advance(1);
    await tell({ type: "leave", conversation, keep: true });
  },
  async "was mirrored here"({ tell, talker }, shared) {
    const source = talker("source", "a").ref as unknown as Ref<Extract<ExecutorMessage, { type: "copied" }>>;
    await tell({ type: "follow", source });
    const copy = { type: "copy", copy: 1, sequence: 9, slot: 0, position: 0, promptTokens: PROMPT } as const;
    await tell({ ...copy, tokens: IDS, data: new Float32Array(IDS.length), ...(shared ? { shared } : {}) }, "a");
    await tell({ type: "follow", source: undefined });
  },
  async "was inherited"({ tell, talker }, shared) {
    const replyTo = talker("heir").ref as unknown as Ref<Reply<number>>;
    const bequest = { type: "bequest", sequence: 9, slot: 0, position: 0, promptTokens: PROMPT, replyTo } as const;
    await tell({ ...bequest, ids: IDS, shared, parts: [] });
  },
};

for (const [way, bring] of Object.entries(ways)) {
  for (
    const [left, asks, extent] of [["no", "no", 6], ["yes", "yes", 6], ["yes", "no", 3], ["no", "yes", 3]] as const
  ) {
    test(`caches of an answer that ${way}, sharing: ${left}, give ${extent} positions where sharing: ${asks}`, async () => {
      await scene({}, async (scene) => {
        await bring(scene, left === "yes");
        assert.equal(await takenUp(scene, asks), extent);
      });
    });
  }
}

test("who lends says which sequences share kernels", async () => {
  await scene({}, async (scene) => {
    await defined(ways["broke here"])(scene, true);
    await scene.tell({ type: "bequeath", heirs: ["b"] });
    const heir = scene.talker("heir");
    await scene.tell({ type: "take-inventory", replyTo: heir.ref as unknown as Ref<Reply<Inventory>> });
    const said = JSON.stringify(heir.heard);
    assert.match(said, /"shared":true/);
  });
});

test("no answer is given another's bits: behind the prompt, kept caches are found by their own kind alone", () => {
  const kept = fc.record({
    ids: fc.array(fc.constantFrom(1, 2), { minLength: 1, maxLength: 24 }),
    promptTokens: fc.integer({ min: 2, max: 24 }),
    shared: fc.boolean(),
    over: fc.boolean(),
  });
  const asked = fc.record({
    ids: fc.array(fc.constantFrom(1, 2), { minLength: 2, maxLength: 24 }),
    shared: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(kept, { maxLength: 4 }),
      asked,
      fc.integer({ min: 2, max: 24 }),
      (all, { ids, shared }, own) => {
        const orphans = new Orphans(true);
        const slots = all.map(({ over, ...one }, slot) => {
          const kept = { ...one, number: slot, slot, held: one.ids.length };
          orphans.keep(kept, 0, over);
          return kept;
        });
        const found = orphans.find(Int32Array.from(ids), 1, { promptTokens: own, shared });
        if (found === undefined) return;
        const from = defined(slots[found.slot]);
        assert.ok(found.extent <= commonPrefix(from.ids, ids));
        if (from.shared !== shared) assert.ok(found.extent <= from.promptTokens);
      },
    ),
  );
});
