/** Balancers where answers run parts of an elastic model: that is none of the devices' doing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { simulatedDays, type Weather } from "./simulated-days.ts";
import { noise } from "./weather.ts";

/** Windows. */
const MINUTE = 12;
const HOUR = 60 * MINUTE;

/** An hour of the whole model, hours of single levels, and hours of several one after another. */
function levelsOfADay(window: number, step: number): number {
  const hour = Math.floor(window / HOUR) % 6;
  return [4, 1, 4, 2, 1 + step % 4, step % 2 === 0 ? 1 : 4][hour] ?? 4;
}

test("hours of changing levels move nothing, whether or not they have run beside the whole before", async () => {
  const days = await simulatedDays({ ...noise(1), level: levelsOfADay });
  await days.pass(6 * HOUR);
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
    window: (device, at) => window(device, at) * (device === "b" && at >= 2 * HOUR ? 3 : 1),
    step,
    level: (at, step) => at < HOUR ? 1 + step % 2 * 3 : 1,
  };
  const days = await simulatedDays(weather);
  await days.pass(2 * HOUR);
  assert.equal(days.moves.length, 0, days.words.join("\n"));
  await days.pass(HOUR);
  const moved = days.moves.map(({ window }) => window - 2 * HOUR);
  assert.ok(moved.length === 1 && (moved[0] ?? 0) < 6, `moved after ${moved} windows\n${days.words.join("\n")}`);
});
