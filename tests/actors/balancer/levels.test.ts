/** Balancers where answers run parts of an elastic model: that is none of the devices' doing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { simulatedDays, type Weather } from "./simulated-days.ts";
import { noise } from "./weather.ts";

/** Windows. */
const MINUTE = 12;
/** So long things stay as they are. */
const WHILE = 20 * MINUTE;

/** The whole model for a while, then single levels, then several one after another. */
function changing(window: number, step: number): number {
  return [4, 1, 4, 2, 1 + step % 4, step % 2 === 0 ? 1 : 4][Math.floor(window / WHILE) % 6] ?? 4;
}

test("levels that change move nothing, whether or not they have run beside the whole before", async () => {
  const days = await simulatedDays({ ...noise(1), level: changing });
  await days.pass(6 * WHILE);
  assert.deepEqual(days.moves, [], days.words.join("\n"));
});

test("what a level takes is learnt where it runs beside the whole, as it is and not as its weights say", async () => {
  const days = await simulatedDays({ ...noise(2), level: (_, step) => 1 + step % 2 * 3 });
  await days.pass(10 * MINUTE);
  for (const { work } of days.machines) {
    const [level] = work.levels("a".repeat(64));
    assert.equal(level?.level, 1);
    assert.ok(Math.abs((level.decodeShare ?? 0) - 0.4) < 0.05, `${level.decodeShare}`);
  }
});

test("a device that becomes three times as slow is seen where only parts of the model run", async () => {
  const { window, step } = noise(3);
  const weather: Weather = {
    window: (device, at) => window(device, at) * (device === "b" && at >= 2 * WHILE ? 3 : 1),
    step,
    level: (at, step) => at < WHILE ? 1 + step % 2 * 3 : 1,
  };
  const days = await simulatedDays(weather);
  await days.pass(2 * WHILE);
  assert.equal(days.moves.length, 0, days.words.join("\n"));
  await days.pass(WHILE);
  const moved = days.moves.map(({ window }) => window - 2 * WHILE);
  assert.ok(moved.length === 1 && (moved[0] ?? 0) < 6, `moved after ${moved} windows\n${days.words.join("\n")}`);
});
