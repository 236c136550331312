import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createStopMatcher } from "../../models/text/mod.ts";

/** What comes out of a matcher for a text in pieces. */
function run(
  stops: readonly string[],
  pieces: readonly string[],
): { readonly text: string; readonly stopped: boolean } {
  const matcher = createStopMatcher(stops);
  let text = "";
  let stopped = false;
  for (const piece of pieces) {
    const step = matcher.push(piece);
    text += step.text;
    stopped = step.stopped;
  }
  return { text: text + matcher.flush(), stopped };
}

test("the text ends where the stop string that is complete first begins, however it was cut", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 5 });
  const stops = fc.array(letters.filter((stop) => stop !== ""), { maxLength: 3 });
  fc.assert(
    fc.property(stops, fc.array(letters, { maxLength: 12 }), (stops, pieces) => {
      const whole = pieces.join("");
      const matches = stops.map((stop) => ({ start: whole.indexOf(stop), length: stop.length }))
        .filter(({ start }) => start >= 0)
        .sort((a, b) => a.start + a.length - b.start - b.length || a.start - b.start);
      const match = matches[0];
      assert.deepEqual(run(stops, pieces), {
        text: match === undefined ? whole : whole.slice(0, match.start),
        stopped: match !== undefined,
      });
    }),
    { numRuns: 500 },
  );
});

test("only what could begin a stop string is held back", () => {
  const matcher = createStopMatcher(["\n\nUser:"]);
  assert.deepEqual(matcher.push("one\n"), { text: "one", stopped: false });
  assert.deepEqual(matcher.push("two\n\nUse"), { text: "\ntwo", stopped: false });
  assert.deepEqual(matcher.push("r: hi"), { text: "", stopped: true });
  assert.deepEqual(matcher.push("more"), { text: "", stopped: true });
  assert.equal(matcher.flush(), "");
});

test("an empty stop string is refused", () => {
  assert.throws(() => createStopMatcher(["a", ""]), /Cannot stop at an empty text/);
});
