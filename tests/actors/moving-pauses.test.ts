/** How long readers wait when blocks change hands: for the token that is under way, which is not dropped, and the next one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { leaderOf } from "../../actors/addresses.ts";
import type { Split } from "../../actors/leader/policy.ts";
import type { Pinned } from "../../actors/leader/protocol.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { simulatedMesh } from "./mesh/simulated-mesh.ts";

const DEVICES = ["a", "b", "c"];
const PROMPT = "The quick brown fox jumps over the lazy dog";
const STEP_MILLISECONDS = 20;
/** Three segments, each a step. */
const TOKEN_MILLISECONDS = 3 * STEP_MILLISECONDS;
/** Opening takes messages alone here: time only where it waits for a step. */
const MOST_MILLISECONDS = 1.25 * TOKEN_MILLISECONDS;
const SPLITS: readonly (readonly number[])[] = [[2, 3, 3], [3, 3, 2], [2, 4, 2]];

test("when boundaries move, whatever the moment, readers wait for hardly more than a token", async () => {
  const longest: number[] = [];
  await using mesh = await simulatedMesh(DEVICES, {
    ...{ layers: 6, holders: 3, stepMilliseconds: STEP_MILLISECONDS, loadMilliseconds: 200 },
    policy: { prefixes: "off" },
  });
  const ask = (counts: readonly number[]) => {
    const split: Split = counts.map((blocks, at) => ({ device: DEVICES[at] ?? "", blocks }));
    const make = (replyTo: Ref<Reply<Pinned>>) => ({ type: "pin" as const, split, replyTo });
    void mesh.device("a").system.ask(leaderOf("a"), make, { timeoutMs: 5000 });
  };
  await mesh.clock.advance(5000);
  for (const [turn, counts] of SPLITS.entries()) {
    const answer = mesh.ask("a", PROMPT, 40);
    await mesh.until(() => answer.text.length >= 5);
    await mesh.clock.advance(13 * turn);
    ask(counts);
    let [length, since, gap] = [answer.text.length, mesh.clock.now(), 0];
    while (!answer.over) {
      await mesh.clock.advance(5);
      if (answer.text.length === length) continue;
      gap = Math.max(gap, mesh.clock.now() - since);
      [length, since] = [answer.text.length, mesh.clock.now()];
    }
    assert.equal(answer.text, mesh.expected(PROMPT, 40));
    assert.equal(answer.conversations, 2, `${counts}: it went over once`);
    longest.push(gap);
  }
  assert.ok(longest.every((gap) => gap <= MOST_MILLISECONDS), `${longest} ms of tokens of ${TOKEN_MILLISECONDS}`);
});
