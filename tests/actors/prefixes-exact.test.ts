/** Real kernels: what is reused of other prompts changes no bit of what follows, and so no token. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { syntheticModel, writeFolder } from "../models/synthetic-model.ts";
import { withFolder } from "../models/temporary.ts";
import { withRealModel } from "./speculation-scene.ts";
import { CONTEXT, startTalks, type Turn } from "./prefix-scene.ts";

const sizes = { layers: 3, width: 256, heads: 4, kvHeads: 2, headSize: 64, feedForward: 256 };
const llama = syntheticModel("llama", sizes);
/** What several talks begin with, as with the same system prompt. */
const SYSTEM = Array.from({ length: 24 }, (_, at) => 40 + (at * 7) % 60);

const ids = (most: number) => fc.array(fc.integer({ min: 33, max: 126 }), { minLength: 1, maxLength: most });
const turn = fc.record({
  /** Which of three talks goes on; the first two begin alike. */
  talk: fc.nat(2),
  says: ids(24),
  count: fc.integer({ min: 1, max: 12 }),
  /** Whether the one before has been answered by then. */
  waits: fc.boolean(),
  /** Time before it: long enough to read an answer again, or not. */
  rest: fc.constantFrom(0, 0, 400),
});
const cases = fc.record({
  cuts: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 2 }),
  turns: fc.array(turn, { minLength: 3, maxLength: 6 }),
});

interface Asked {
  readonly prompt: readonly number[];
  readonly count: number;
  readonly came: Promise<Turn>;
}

/** What the states follow from that a prompt and its answer have: a prompt's tokens attend together, others alone. */
function keysOf(prompt: readonly number[], answer: readonly number[]): string[] {
  const parts = [...prompt.map((id) => prompt.length > 1 ? `${id}+` : `${id}`), ...answer.slice(0, -1).map(String)];
  return parts.map((_, at) => parts.slice(0, at + 1).join(" "));
}

for (const [name, quantize] of [["float32", "keep"], ["Q8_0", "8"], ["Q4_0", "4"]] as const) {
  test(`talks with prefix reuse have the bits and tokens that they have without (${name})`, async () => {
    await withFolder(async (folder) =>
      withRealModel(await writeFolder(join(folder, "model"), llama), async (model) => {
        let reused = 0;
        const property = fc.asyncProperty(cases, async ({ cuts, turns }) => {
          const inOrder = cuts.toSorted((a, b) => a - b);
          await using talks = await startTalks(model, { cuts: inOrder, prefixes: true });
          await using plain = await startTalks(model, { cuts: inOrder, prefixes: false });
          const [asked, texts]: [Asked[], number[][]] = [[], [[...SYSTEM], [...SYSTEM], []]];
          const busy = new Map<number, Promise<unknown>>();
          for (const { talk, says, count, waits, rest } of turns) {
            await (waits ? Promise.all(busy.values()) : busy.get(talk));
            if (rest > 0) await talks.rest(rest);
            const prompt = [...texts[talk] ?? [], ...says];
            if (prompt.length + count > CONTEXT) continue;
            const came = talks.answer(prompt, count);
            busy.set(talk, came.then(({ tokens }) => texts[talk] = [...prompt, ...tokens]));
            asked.push({ prompt, count, came });
          }
          await Promise.all(busy.values());
          for (const { prompt, count, came } of asked) {
            const { tokens, cached } = await came;
            reused += cached;
            assert.deepEqual(tokens, (await plain.answer(prompt, count)).tokens);
            const keys = keysOf(prompt, tokens);
            for (let at = cached; at < keys.length; at++) {
              const [key, state] = [keys[at] ?? "", talks.states.get(keys[at] ?? "")];
              const without = plain.states.get(key);
              assert.ok(state !== undefined && without !== undefined, `"${key}" was not run, or attended otherwise`);
              assert.ok(without.every((value, element) => value === state[element]), `"${key}" has other bits`);
            }
          }
        });
        await fc.assert(property, { numRuns: 3, endOnFailure: true });
        assert.ok(reused > 50, `${reused} tokens were reused`);
      }, { quantize })
    );
  });
}
