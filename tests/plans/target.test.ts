import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { describeTarget, type ParsedTarget, parseTarget, parseTargetText, type Target } from "../../plans/mod.ts";

const clock: Target = {
  type: "bounded",
  ttft: { type: "milliseconds", most: 400 },
  tpot: { type: "milliseconds", most: 60 },
  strict: false,
};
const fast: Target = {
  type: "bounded",
  ttft: { type: "share", most: 0.4 },
  tpot: { type: "share", most: 0.7 },
  strict: false,
};

function targetOf(parsed: ParsedTarget): Target {
  assert.ok(parsed.type === "target", parsed.type === "invalid" ? parsed.reason : "");
  return parsed.target;
}

function reasonOf(parsed: ParsedTarget): string {
  return parsed.type === "invalid" ? parsed.reason : "";
}

test("a request says its target by the clock, in shares of the whole model, or by a name", () => {
  assert.deepEqual(targetOf(parseTarget({ ttft_ms: 400, tpot_ms: 60 })), clock);
  assert.deepEqual(targetOf(parseTarget({ ttft: 0.4, tpot: 0.7 })), fast);
  assert.deepEqual(targetOf(parseTarget("fast")), fast);
  assert.deepEqual(targetOf(parseTarget("full")), { type: "full" });
  assert.deepEqual(targetOf(parseTarget({ tpot_ms: 60, ttft: 0.5, ttft_ms: null })), {
    type: "bounded",
    ttft: { type: "share", most: 0.5 },
    tpot: { type: "milliseconds", most: 60 },
    strict: false,
  });
});

test("whoever would rather have no answer than a late one says so inside of the target or beside it", () => {
  assert.deepEqual(targetOf(parseTarget({ ttft_ms: 400, tpot_ms: 60, strict: true })), { ...clock, strict: true });
  assert.deepEqual(targetOf(parseTarget("fast", true)), { ...fast, strict: true });
  assert.deepEqual(targetOf(parseTarget({ ttft: 0.4, tpot: 0.7, strict: false }, true)), fast);
});

test("people type targets with units, and a bare number is milliseconds", () => {
  for (const text of ["ttft=400,tpot=60", "ttft=0.4s,tpot=60ms", "tpot=60, ttft=400 ms"]) {
    assert.deepEqual(targetOf(parseTargetText(text)), clock, text);
  }
  for (const text of ["fast", "ttft=40%,tpot=70%"]) assert.deepEqual(targetOf(parseTargetText(text)), fast, text);
  assert.deepEqual(targetOf(parseTargetText("strict,ttft=40%,tpot=70%")), { ...fast, strict: true });
});

test("what is no target is refused with what to write", () => {
  assert.match(reasonOf(parseTarget("quick")), /"quick" is no target: write fast, balanced, full/);
  assert.match(reasonOf(parseTarget({ ttft: 400 })), /share of what the whole model takes.*ttft_ms/);
  assert.match(reasonOf(parseTarget({ ttft_ms: -1 })), /above 0 ms/);
  assert.match(reasonOf(parseTarget({ ttft_ms: "400" })), /not "400"/);
  assert.match(reasonOf(parseTarget({ ttft_ms: 400, ttft: 0.5 })), /says ttft once/);
  assert.match(reasonOf(parseTarget({ latency: 1 })), /has no "latency"/);
  assert.match(reasonOf(parseTarget({ strict: true })), /how long what may take/);
  assert.match(reasonOf(parseTarget({ ttft_ms: 1, strict: "yes" })), /strict is true or false/);
  assert.match(reasonOf(parseTargetText("ttft=soon")), /"soon" is no ttft/);
  assert.match(reasonOf(parseTargetText("ttft=140%")), /at most 1 \(100%\)/);
  assert.match(reasonOf(parseTargetText("ttft=4,ttft=5")), /says ttft twice/);
  assert.match(reasonOf(parseTargetText("")), /is no target/);
});

test("whatever comes is a target or a sentence, never an exception", () => {
  fc.assert(fc.property(fc.anything(), fc.string(), (value, text) => {
    for (const parsed of [parseTarget(value), parseTargetText(text)]) {
      assert.ok(parsed.type === "target" || parsed.reason.length > 0);
    }
  }));
});

test("a target is told in words", () => {
  assert.equal(describeTarget(clock), "TTFT 400 ms, TPOT 60 ms");
  assert.equal(
    describeTarget({ ...fast, strict: true }),
    "TTFT 40% of the whole model's, TPOT 70% of the whole model's, or nothing",
  );
  assert.equal(describeTarget({ type: "full" }), "the whole model");
});
