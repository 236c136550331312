/** A deadline that is put off without a timer for each time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Deadline } from "../../actors/conversation/deadline.ts";
import { simulatedClock } from "../../runtime/clock.ts";

function scene() {
  const clock = simulatedClock();
  let made = 0;
  let passedAt: number | undefined;
  const deadline: Deadline = new Deadline(clock, (milliseconds) => {
    made++;
    return clock.after(milliseconds, () => {
      if (deadline.hasPassed()) passedAt ??= clock.now();
    });
  });
  return { clock, deadline, made: () => made, passedAt: () => passedAt };
}

test("a deadline passes when it was last put off to, earlier or later", async () => {
  const waits = fc.array(
    fc.record({ putOff: fc.integer({ min: 1, max: 50 }), pause: fc.integer({ min: 0, max: 60 }) }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  await fc.assert(
    fc.asyncProperty(waits, async (waits) => {
      const { clock, deadline, passedAt } = scene();
      let due = Infinity;
      for (const { putOff, pause } of waits) {
        deadline.putOff(putOff);
        due = clock.now() + putOff;
        await clock.advance(pause);
        if (pause >= putOff) break;
      }
      await clock.advance(1000);
      assert.equal(passedAt(), due);
    }),
    { numRuns: 20 },
  );
});

test("a hundred tokens in time need two timers", async () => {
  const { clock, deadline, made, passedAt } = scene();
  for (let token = 0; token < 100; token++) {
    deadline.putOff(60);
    await clock.advance(1);
  }
  assert.ok(made() <= 2, `${made()} timers`);
  assert.equal(passedAt(), undefined);
});
