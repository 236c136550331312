/** How long steps took lately, out of the spans of their rows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Spans } from "../../actors/executor/spans.ts";

const ROW = { sequence: 1, conversation: "/supervisor/conversation-x", position: 0, tokens: 1, rows: 1, arrived: 0 };

test("steps of decoding of the last seconds count once each, whatever rows they had; prompts do not", () => {
  const spans = new Spans();
  assert.equal(spans.stepMilliseconds(0), undefined);
  spans.record({ ...ROW, began: 0, ended: 500 });
  spans.record({ ...ROW, began: 19_000, ended: 19_010 });
  spans.record({ ...ROW, sequence: 2, began: 19_000, ended: 19_010 });
  spans.record({ ...ROW, tokens: 64, began: 19_020, ended: 19_400 });
  spans.record({ ...ROW, began: 19_500, ended: 19_530 });
  assert.deepEqual(spans.stepMilliseconds(20_000), { mean: 20, p99: 30 });
  assert.equal(spans.stepMilliseconds(30_000), undefined);
});
