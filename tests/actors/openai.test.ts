/** What the API makes of requests, without a mesh. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_STOP_CHARACTERS } from "../../actors/conversation/protocol.ts";
import { readRequest } from "../../actors/gateway/openai.ts";
import { RequestError } from "../../actors/gateway/request-error.ts";

test("stop strings are taken as one or several, and refused where they are too long, empty or too many", () => {
  const read = (stop: unknown) => readRequest("completions", { prompt: "a", stop }).answer.stop;
  assert.deepEqual(read("."), ["."]);
  assert.deepEqual(read(["x", "y"]), ["x", "y"]);
  assert.deepEqual(read(null), []);
  assert.deepEqual(read("x".repeat(MAX_STOP_CHARACTERS)), ["x".repeat(MAX_STOP_CHARACTERS)]);
  for (const stop of ["x".repeat(MAX_STOP_CHARACTERS + 1), "", Array(17).fill("x"), 7]) {
    assert.throws(() => read(stop), (error) => {
      return error instanceof RequestError && error.status === 400 && error.message.includes("stop");
    });
  }
});

test("an answer without a seed gets one, so that it can be gone on with elsewhere", () => {
  const { answer } = readRequest("completions", { prompt: "a", temperature: 0.7 });
  assert.ok(Number.isInteger(answer.sampling.seed));
});
