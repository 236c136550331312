/** What docs/actors.md promises of every ref, wherever its actor lives. Run it with a set-up for each kind of place. */
import { test } from "node:test";
import fc from "fast-check";
import { chaos } from "./actor-chaos.ts";
import type { Check, Place } from "./actor-place.ts";
import { checkLives } from "./conformance-lives.ts";
import { checkMessages } from "./conformance-messages.ts";
import { checkWatching } from "./conformance-watching.ts";

export type { Place };

/** Registers the suite's tests; `setUp` makes a fresh place for each. `runs` of the random test, default 40. */
export function conformance(label: string, setUp: () => Promise<Place>, { runs = 40 } = {}): void {
  const check: Check = (name, body) => {
    test(`${label}: ${name}`, async () => {
      await using place = await setUp();
      await body(place);
    });
  };
  checkMessages(check);
  checkWatching(check);
  checkLives(check);
  check("order and one outcome for each ask hold under crashes, stops and lost connections", async (place) => {
    const step = fc.constantFrom(
      "tell",
      "tell",
      "tell",
      "ask",
      "ask",
      "keep",
      "crash",
      "end",
      "spawn",
      "break",
      "join",
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        await chaos(place, `probe${run++}`, steps);
      }),
      { numRuns: runs },
    );
  });
}
