/** How stamps of two devices become the stages of a token's way. */
import assert from "node:assert/strict";
import test from "node:test";
import { passageOf } from "../../bench/hop/passage.ts";
import type { StageName, Stamp } from "../../bench/hop/stamps.ts";

/** Milliseconds by which the second device's clock is ahead. */
const AHEAD = 70;
const WAY = 0.5;
const BLOCKS = 3;

/** The stamps of an answer of so many tokens; each stage takes `step` milliseconds more than the one before. */
function answer(tokens: number): { first: Stamp[]; second: Stamp[] } {
  const [first, second]: [Stamp[], Stamp[]] = [[], []];
  let now = 1000;
  const pass = (stamps: Stamp[], ahead: number, stages: readonly StageName[]): void => {
    for (const stage of stages) {
      if (stage === "computed") now += BLOCKS;
      if (stage !== "arrived") now += 0.1;
      stamps.push({ stage, at: now + ahead, ...(stage === "computed" ? { blocks: BLOCKS } : {}) });
      if (stage === "encoded") stamps.push({ stage: "written", at: now + ahead + 0.2 });
    }
    now += WAY;
  };
  // The prompt: it enters at the first device, so no frame arrives there.
  pass(first, 0, ["received", "asked", "computed", "handed", "encoded"]);
  for (let token = 0; token < tokens; token++) {
    pass(second, AHEAD, ["arrived", "delivered", "received", "asked", "computed", "handed", "encoded"]);
    pass(first, 0, ["arrived", "delivered", "conversed", "received", "asked", "computed", "handed", "encoded"]);
  }
  return { first, second };
}

test("stages add up to the time of a token, whatever the clocks say", () => {
  const { first, second } = answer(5);
  const { stages, beside, tokens, ahead } = passageOf(first, second);
  assert.equal(tokens, 4);
  assert.ok(Math.abs(ahead - AHEAD) < 1e-6);
  const time = (what: string) => stages.filter((stage) => stage.what === what).map(({ milliseconds }) => milliseconds);
  for (const way of [time("hidden states on their way"), time("the token on its way")]) {
    assert.ok(Math.abs((way[0] ?? NaN) - WAY) < 1e-6);
  }
  assert.deepEqual(time("the blocks"), [BLOCKS, BLOCKS]);
  const [one, two] = first.filter(({ stage }) => stage === "arrived");
  const sum = stages.reduce((total, { milliseconds }) => total + milliseconds, 0);
  assert.ok(Math.abs(sum - ((two?.at ?? NaN) - (one?.at ?? NaN))) < 1e-6);
  for (const { milliseconds } of beside) assert.ok(Math.abs(milliseconds - 0.2) < 1e-6);
});
