/** OpenAI's endpoints as their clients see them: streams. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { StreamChunk } from "../../../actors/gateway/api.ts";
import { apiScene, eventsOf } from "./api-scene.ts";
import { isCancelled, piece, planAt, STARTED } from "./scene.ts";
import { CHAT, DETAILS, errorOf, greet, NOTHING_CACHED } from "./completions-scene.ts";

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
  assert.equal((await whole.response).headers.get("retry-after"), "5");
  assert.deepEqual(await errorOf(whole), { status: 429, ...error });
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
