import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CommandError } from "../../cli/command.ts";
import { describeLevel, readSlo, sloBody } from "../../cli/slo-option.ts";
import { parseTarget } from "../../plans/mod.ts";

const DETAILS = { ttft_ms: 84, total_ms: 126, prompt_tokens: 40, completion_tokens: 21, conversations: 1, route: [] };

test("what is typed is what the API reads", () => {
  const bound = fc.oneof(
    fc.integer({ min: 1, max: 9999 }).map((most) => `${most}ms`),
    fc.integer({ min: 1, max: 100 }).map((most) => `${most}%`),
  );
  const text = fc.oneof(
    fc.constantFrom("fast", "balanced", "full", "fast,strict"),
    fc.tuple(bound, bound, fc.boolean()).map(([ttft, tpot, strict]) => {
      return `ttft=${ttft},tpot=${tpot}${strict ? ",strict" : ""}`;
    }),
    bound.map((tpot) => `tpot=${tpot}`),
  );
  fc.assert(fc.property(text, (text) => {
    const target = readSlo(text);
    assert.deepEqual(parseTarget(sloBody(target).slo), { type: "target", target });
  }));
  assert.deepEqual(sloBody(readSlo(undefined)), {});
});

test("what is no target is refused before anything is asked, with the forms", () => {
  for (const text of ["quick", "", "ttft=", "ttft=400,ttft=30", "tpot=-1", "ttft=140%"]) {
    assert.throws(() => readSlo(text), (error) => error instanceof CommandError && /--slo: /.test(error.message), text);
  }
});

test("a line says at which level an answer was made, what it took and what was predicted", () => {
  const details = {
    ...{ ...DETAILS, level: 2, levels: 4, prompt_share: 0.6, met: true },
    ...{ predicted: { ttft_ms: 90, tpot_ms: 2.3 }, took: { ttft_ms: 84, tpot_ms: 2.1 } },
  };
  assert.equal(
    describeLevel(details),
    "level 2 of 4, 60% of the prompt, first word after 84 ms (predicted 90), 2.1 ms a token (predicted 2.3)",
  );
  assert.match(
    describeLevel({ ...details, met: false, word: "Too fast." }) ?? "",
    /, slower than asked for\nToo fast\.$/,
  );
  const one = { ...DETAILS, level: 1, levels: 1, prompt_share: 1, took: { ttft_ms: 84 } };
  assert.equal(describeLevel(one), "level 1 of 1, 100% of the prompt, first word after 84 ms");
  assert.equal(describeLevel(DETAILS), undefined, "nothing where there was no target");
});
