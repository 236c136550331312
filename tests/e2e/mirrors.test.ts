/** Devices whose segments are mirrored are killed while an answer is being read; real processes, killed for real. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { complete, startLocalMesh } from "./local-mesh.ts";
import { readStream } from "./read-stream.ts";

const PROMPT = "Once upon a time";
/** After this many tokens a device dies. The answer has about 85. */
const SOME = 40;

for (
  const [what, victim] of [["the first device, where the conversation lives,", 1], [
    "a device in the middle",
    2,
  ]] as const
) {
  test(`an answer goes on from the mirror, with the same text, when ${what} is killed`, async (context) => {
    await using mesh = await startLocalMesh(3, builtinModelPath(), ["--mirrors", "on"]);
    await mesh.split([await mesh.blocks() - 4, 2, 2], [1, 2, 0]);
    await mesh.until(({ state }) => {
      return state.type === "active" && state.plan.segments.every(({ mirror }) => mirror !== undefined);
    });
    const whole = (await complete(mesh.api(0), PROMPT)).text;
    const read = await readStream(mesh.api(0), { prompt: PROMPT, max_tokens: 120, temperature: 0 }, {
      onPiece(count) {
        if (count === SOME) process.kill(mesh.daemons[victim]?.ready.pid ?? -1, "SIGKILL");
      },
    });
    assert.equal(read.error, undefined);
    assert.equal(read.text, whole);
    assert.equal(read.conversations, 2);
    const gap = Math.max(...read.times.slice(1).map((at, index) => at - (read.times[index] ?? at)));
    context.diagnostic(`the longest gap was ${Math.round(gap)} ms`);
    const { state } = await mesh.until(({ state }) => state.type === "active");
    assert.ok(state.type === "active" && state.plan.segments.every(({ name }) => name !== `d${victim}`));
    // The plan as it was, with mirrors in place: had it been made anew, it would have fewer segments.
    assert.equal(state.type === "active" && state.plan.segments.length, 3);
  });
}
