/** OpenAI's endpoints as their clients see them: statuses and bodies. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { noModels } from "../../../actors/plan.ts";
import { apiScene } from "./api-scene.ts";
import { isCancelled, piece, planAt, STARTED } from "./scene.ts";
import { CHAT, DETAILS, errorOf, greet, NOTHING_CACHED } from "./completions-scene.ts";

test("usage counts the guesses that became tokens, and those that did not", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const completion = await api.request("/v1/completions", { prompt: "Hello" });
  api.stage.last.says(STARTED);
  api.stage.last.says({
    type: "piece",
    tokens: [1, 2, 3],
    text: "Hi ",
    guessed: { accepted: 2, rejected: 1 },
  });
  api.stage.last.says({
    ...{ type: "finished", reason: "stop", tokens: [4], text: "!" },
    guessed: { accepted: 1, rejected: 4 },
  });
  await api.stage.calm();
  const { usage } = await (await completion.response).json() as {
    usage: object;
  };
  assert.deepEqual(usage, {
    ...{ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    ...NOTHING_CACHED,
    completion_tokens_details: {
      accepted_prediction_tokens: 3,
      rejected_prediction_tokens: 5,
    },
  });
});

test("a completion that is not streamed comes whole, with usage, times and route", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const completion = await api.request("/v1/completions", { prompt: "Hello" });
  await greet(api.stage);
  const whole = await (await completion.response).json() as {
    id: string;
    created: number;
  };
  const { id, created, ...rest } = whole;
  assert.match(id, /^cmpl-[0-9a-f-]{36}$/);
  assert.ok(Number.isInteger(created));
  assert.deepEqual(rest, {
    object: "text_completion",
    model: "story",
    choices: [{ index: 0, text: "Hi!", finish_reason: "stop", logprobs: null }],
    usage: {
      prompt_tokens: 3,
      completion_tokens: 2,
      total_tokens: 5,
      ...NOTHING_CACHED,
    },
    skein: DETAILS,
  });
  const chat = await api.request("/v1/chat/completions", CHAT);
  await greet(api.stage);
  const { object, choices } = await (await chat.response).json() as {
    object: string;
    choices: unknown;
  };
  assert.deepEqual([object, choices], ["chat.completion", [
    {
      index: 0,
      message: { role: "assistant", content: "Hi!", refusal: null },
      finish_reason: "stop",
      logprobs: null,
    },
  ]]);
});

test("what cannot be served gets its status before anything runs, streamed or not", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const cases: readonly (readonly [unknown, number, string, string | null])[] = [
    ["{", 400, "invalid_json", null],
    ['"text"', 400, "invalid_request", null],
    [{}, 400, "invalid_request", "prompt"],
    [{ prompt: "a", n: 65 }, 400, "invalid_request", "n"],
    [{ prompt: ["a", "b"], n: 33 }, 400, "invalid_request", "n"],
    [{ prompt: "a", stop: ["a", 1] }, 400, "invalid_request", "stop"],
    [{ prompt: "a", temperature: -1 }, 400, "invalid_value", "temperature"],
    [{ prompt: "a", model: "novel" }, 404, "model_not_found", "model"],
    [
      { prompt: "a", model: "novel", stream: true },
      404,
      "model_not_found",
      "model",
    ],
    [{ prompt: "x".repeat(600_000) }, 413, "prompt_too_large", null],
    [{ prompt: Array(110_000).fill(1) }, 413, "prompt_too_large", null],
    ["x".repeat(5_000_000), 413, "body_too_large", null],
  ];
  for (const [body, status, code, param] of cases) {
    const error = await errorOf(await api.request("/v1/completions", body));
    const expected = { status, code, param, type: "invalid_request_error" };
    assert.deepEqual({ ...error, message: undefined }, {
      ...expected,
      message: undefined,
    }, error.message);
    assert.equal(typeof error.message, "string");
  }
  assert.equal(api.stage.asked.length, 0);
});

test("where no model is served a prompt gets 503 after 15 seconds, with what the mesh waits for", async () => {
  await using api = await apiScene();
  await api.stage.state(noModels("No device offers a model."));
  const responding = await api.request("/v1/completions", {
    prompt: "a",
    stream: true,
  });
  await api.stage.pass(15_200);
  const { status, code, message } = await errorOf(responding);
  assert.deepEqual([status, code, message], [
    503,
    "no_plan",
    "No device offers a model.",
  ]);
});

test("a client that goes has its conversation cancelled at once, however it goes", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const leaving = new AbortController();
  const waiting = await api.request("/v1/completions", { prompt: "a" }, {
    signal: leaving.signal,
  });
  leaving.abort();
  await api.stage.calm();
  assert.deepEqual(
    [(await errorOf(waiting)).code, isCancelled(api.stage.last)],
    ["cancelled", true],
  );

  const streamed = await api.request("/v1/completions", {
    prompt: "a",
    stream: true,
  });
  api.stage.last.says(STARTED);
  await api.stage.calm();
  assert.ok(!isCancelled(api.stage.last));
  await (await streamed.response).body?.cancel();
  await api.stage.calm();
  assert.ok(
    isCancelled(api.stage.last),
    "though no event came after the reader had left",
  );
});

test("several choices come in one response, in their order, and are counted together", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const responding = await api.request("/v1/completions", {
    prompt: "Hello",
    n: 2,
    echo: true,
  });
  const [first, second] = api.stage.asked;
  for (const asked of [second, first]) asked?.says(STARTED);
  second?.says({ type: "finished", reason: "stop", tokens: [2], text: " two" });
  first?.says(piece(1, " o"));
  first?.says({ type: "finished", reason: "length", tokens: [2], text: "ne" });
  await api.stage.calm();
  const { choices, usage } = await (await responding.response).json() as {
    choices: object[];
    usage: unknown;
  };
  assert.deepEqual(choices, [
    { index: 0, text: "Hello one", finish_reason: "length", logprobs: null },
    { index: 1, text: "Hello two", finish_reason: "stop", logprobs: null },
  ]);
  assert.deepEqual(usage, {
    prompt_tokens: 3,
    completion_tokens: 3,
    total_tokens: 6,
    ...NOTHING_CACHED,
  });
});
