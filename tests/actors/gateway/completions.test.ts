/** OpenAI's endpoints as their clients see them: statuses, bodies and streams. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { StreamChunk } from "../../../actors/gateway/api.ts";
import { noModels } from "../../../actors/plan.ts";
import { apiScene, eventsOf, type Responding } from "./api-scene.ts";
import { isCancelled, piece, planAt, type Scene, STARTED } from "./scene.ts";

const NOTHING_CACHED = { prompt_tokens_details: { cached_tokens: 0 } };
const CHAT = { messages: [{ role: "user", content: "Hello" }] };
const DETAILS = {
  ttft_ms: 40,
  total_ms: 50,
  prompt_tokens: 3,
  completion_tokens: 2,
  conversations: 1,
  route: [{ device: "there", first: 0, last: 1 }, {
    device: "tail",
    first: 2,
    last: 3,
  }],
};

/** The latest conversation says "Hi!", the first part after 40 ms, the second 10 ms later. */
async function greet(stage: Scene): Promise<void> {
  stage.last.says(STARTED);
  await stage.pass(40);
  stage.last.says(piece(1, "Hi"));
  await stage.pass(10);
  stage.last.says({ type: "finished", reason: "stop", tokens: [2], text: "!" });
  await stage.calm();
}

interface Failure {
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly param: string | null;
}

const errorOf = async ({ response }: Responding) => {
  const { status } = await response;
  const body = await (await response).json() as { error: Failure };
  return { status, ...body.error };
};

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

test("a chat's stream names the role, brings the text as it comes, and ends with times, usage and the word", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const body = {
    ...CHAT,
    stream: true,
    stream_options: { include_usage: true },
  };
  const responding = await api.request("/v1/chat/completions", body);
  await greet(api.stage);
  const response = await responding.response;
  assert.match(
    response.headers.get("content-type") ?? "",
    /^text\/event-stream/,
  );
  const events = eventsOf(await response.text());
  assert.equal(events.pop(), "[DONE]");
  for (const event of events) v.parse(StreamChunk, event);
  const parts = events.map((event) => {
    const { id: _id, created: _created, object, model, ...part } = event as Record<string, unknown>;
    assert.deepEqual([object, model], ["chat.completion.chunk", "story"]);
    return part;
  });
  const delta = (delta: object) => ({
    choices: [{ index: 0, delta, finish_reason: null, logprobs: null }],
  });
  assert.deepEqual(parts, [
    delta({ role: "assistant", content: "" }),
    delta({ content: "Hi" }),
    delta({ content: "!" }),
    {
      choices: [{ index: 0, delta: {}, finish_reason: "stop", logprobs: null }],
      skein: DETAILS,
    },
    {
      choices: [],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        ...NOTHING_CACHED,
      },
    },
  ]);
});

test("a stream that fails ends with the error and without the word; whole, the status says it", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const streamed = await api.request("/v1/completions", {
    prompt: "Hello",
    stream: true,
  });
  api.stage.last.says(STARTED);
  api.stage.last.says(piece(1, "Hi"));
  api.stage.last.says({
    type: "rejected",
    code: "overloaded",
    message: "No place came.",
  });
  await api.stage.calm();
  const events = eventsOf(await (await streamed.response).text());
  const error = {
    message: "No place came.",
    type: "server_error",
    param: null,
    code: "overloaded",
  };
  assert.deepEqual(events.at(-1), { error });
  assert.equal(events.length, 2);
  const whole = await api.request("/v1/completions", { prompt: "Hello" });
  api.stage.last.says(STARTED);
  api.stage.last.says({
    type: "rejected",
    code: "overloaded",
    message: "No place came.",
  });
  await api.stage.calm();
  assert.deepEqual(await errorOf(whole), { status: 429, ...error });
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
    [{ prompt: "a", temperature: -1 }, 400, "invalid_value", null],
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

test("without a plan a prompt gets 503 after 15 seconds, with what the mesh waits for", async () => {
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

test("a daemon that stops says so in open streams", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const streamed = await api.request("/v1/completions", {
    prompt: "a",
    stream: true,
  });
  api.stage.last.says(STARTED);
  await api.stage.calm();
  api.closing.abort();
  const events = eventsOf(await (await streamed.response).text());
  assert.match(
    JSON.stringify(events),
    /^\[\{"error":\{"message":"[^"]*being stopped[^"]*".*"code":"interrupted"\}\}\]$/,
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

test("a stream of several choices names each, and one that fails ends all", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const streamed = await api.request("/v1/completions", {
    prompt: ["a", "b"],
    stream: true,
  });
  const [first, second] = api.stage.asked;
  for (const asked of [first, second]) asked?.says(STARTED);
  second?.says(piece(1, "two"));
  await api.stage.calm();
  first?.says({
    type: "rejected",
    code: "overloaded",
    message: "No place came.",
  });
  await api.stage.calm();
  const events = eventsOf(await (await streamed.response).text()) as {
    choices?: object[];
    error?: object;
  }[];
  assert.deepEqual(events.map(({ choices, error }) => choices ?? error), [
    [{ index: 1, text: "two", finish_reason: null, logprobs: null }],
    {
      message: "No place came.",
      type: "server_error",
      param: null,
      code: "overloaded",
    },
  ]);
  await api.stage.calm();
  assert.ok(second !== undefined && isCancelled(second));
});

test("a stream that waits says so every 10 seconds, in comments that clients skip", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const streamed = await api.request("/v1/completions", {
    prompt: "a",
    stream: true,
  });
  api.stage.last.says(STARTED);
  await api.stage.calm();
  const reader = (await streamed.response).body?.pipeThrough(
    new TextDecoderStream(),
  ).getReader();
  for (let time = 0; time < 2; time++) {
    const comment = reader?.read();
    await api.stage.pass(10_000);
    assert.equal((await comment)?.value, ": waiting\n\n");
  }
  api.stage.last.says(piece(1, "Hi"));
  await api.stage.calm();
  assert.match((await reader?.read())?.value ?? "", /^data: .*"text":"Hi"/);
  await reader?.cancel();
});
