/** What the API makes of requests, without a mesh. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_STOP_CHARACTERS } from "../../../actors/conversation/protocol.ts";
import { type Endpoint, readRequest } from "../../../actors/gateway/openai/request.ts";
import { RequestError } from "../../../actors/gateway/request-error.ts";
import { defined } from "../defined.ts";

const CHAT = { messages: [{ role: "user", content: "Hi" }] };

const completion = (parameters: object) => readRequest("completions", { prompt: "a", ...parameters });
const answerTo = (parameters: object) => defined(completion(parameters).answers[0]);

function refusal(endpoint: Endpoint, body: unknown): string {
  try {
    readRequest(endpoint, body);
  } catch (error) {
    if (error instanceof RequestError && error.status === 400) return error.message;
    throw error;
  }
  return "none";
}

test("stop strings are taken as one or several, and refused where they are too long or too many", () => {
  const read = (stop: unknown) => answerTo({ stop }).stop;
  assert.deepEqual(read("."), ["."]);
  assert.deepEqual(read(["x", "y"]), ["x", "y"]);
  assert.deepEqual(read("x".repeat(MAX_STOP_CHARACTERS)), ["x".repeat(MAX_STOP_CHARACTERS)]);
  for (const stop of ["x".repeat(MAX_STOP_CHARACTERS + 1), Array(17).fill("x"), 7]) {
    assert.match(refusal("completions", { prompt: "a", stop }), /^"stop/);
  }
});

test("an answer without a seed gets one, so that it can be gone on with elsewhere", () => {
  for (const seed of [undefined, null, -1]) assert.ok(answerTo({ seed }).sampling.seed >= 0);
  assert.notEqual(answerTo({}).sampling.seed, answerTo({}).sampling.seed);
});

test("an answer can be asked for again where its client named a seed, or leaves nothing to chance", () => {
  const repeatable = (parameters: object) => answerTo(parameters).repeatable;
  for (const parameters of [{ seed: 0 }, { seed: 7 }, { temperature: 0 }, { top_k: 1 }]) {
    assert.ok(repeatable(parameters));
  }
  for (const seed of [undefined, null, -1]) assert.equal(repeatable({ seed, temperature: 0.5 }), false);
});

test("values by which clients ask for nothing special are taken", () => {
  const { answers: [answer], model, stream } = completion({
    ...{
      model: "",
      stop: "",
      top_p: 0,
      top_k: -1,
      max_tokens: -1,
      stream: null,
      suffix: "",
      logprobs: false,
      n: null,
    },
    ...{ seed: 2 ** 63, best_of: 1, echo: false, logit_bias: null, presence_penalty: null, stream_options: null },
  });
  assert.deepEqual([model, stream, answer?.stop, answer?.maxTokens], [undefined, false, [], 1 << 20]);
  const { topP, topK, seed } = defined(answer).sampling;
  assert.ok(topP > 0 && topP < 1e-300 && topK === 0 && Number.isSafeInteger(seed));
  assert.equal(answerTo({ seed: 2 ** 63 }).sampling.seed, seed, "the same large seed is the same seed");
  assert.deepEqual(answerTo({ stop: ["", "a"] }).stop, ["a"]);
});

test("how likely tokens were is asked for in each endpoint's own way", () => {
  const chat = (parameters: object) => readRequest("chat", { ...CHAT, ...parameters }).answers[0]?.logprobs;
  assert.deepEqual([chat({}), chat({ logprobs: false, top_logprobs: 0 }), chat({ top_logprobs: null })], [
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual([chat({ logprobs: true }), chat({ logprobs: true, top_logprobs: 20 })], [0, 20]);
  assert.deepEqual([undefined, null, false, 0, 5].map((logprobs) => answerTo({ logprobs }).logprobs), [
    ...[undefined, undefined, undefined],
    ...[0, 5],
  ]);
});

test("penalties and biases reach the sampler, under other servers' names too", () => {
  const { sampling } = answerTo({
    ...{ presence_penalty: 0.5, frequency_penalty: -1, repeat_penalty: 1.1, logit_bias: { "5": -100, "17": 2.5 } },
  });
  assert.deepEqual([sampling.presencePenalty, sampling.frequencyPenalty, sampling.repetitionPenalty], [0.5, -1, 1.1]);
  assert.deepEqual(sampling.logitBias, [[5, -100], [17, 2.5]]);
});

test("several prompts, and several answers to each, are answers in the order of OpenAI's choices", () => {
  const { answers, prompts, echo } = completion({ prompt: ["a", "b"], n: 2, seed: 7, echo: true });
  assert.equal(prompts, 2);
  const short = answers.map(({ prompt, sampling: { seed } }) => [prompt.type === "text" ? prompt.text : "?", seed]);
  assert.deepEqual(short, [["a", 7], ["a", 8], ["b", 7], ["b", 8]]);
  assert.deepEqual(echo, ["a", "a", "b", "b"]);
  assert.deepEqual(completion({ prompt: [1, 2] }).answers.map(({ prompt }) => prompt), [
    { type: "tokens", tokens: [1, 2] },
  ]);
  assert.deepEqual(completion({ prompt: [[1], [2, 3]] }).answers.map(({ prompt }) => prompt), [
    { type: "tokens", tokens: [1] },
    { type: "tokens", tokens: [2, 3] },
  ]);
});

test("a history with called tools, refusals and parts can be gone on with", () => {
  const call = { id: "a", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } };
  const messages = [
    { role: "user", content: [{ type: "text", text: "Hi " }, { type: "text", text: "there" }] },
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: "a", content: "rain" },
    { role: "assistant", refusal: "No." },
    { role: "user", content: "And now?", name: "me" },
  ];
  const [answer] = readRequest("chat", { messages }).answers;
  assert.deepEqual(answer?.prompt, {
    type: "chat",
    messages: [
      { role: "user", content: "Hi there" },
      { role: "assistant", content: '{"name": "weather", "arguments": {"city":"Oslo"}}' },
      { role: "tool", content: "rain" },
      { role: "assistant", content: "No." },
      { role: "user", content: "And now?" },
    ],
  });
});

test("what cannot be served is refused in a sentence that names it", () => {
  const tools = [{ type: "function", function: { name: "f" } }];
  const image = [{ type: "image_url", image_url: { url: "data:" } }];
  const cases: readonly (readonly [Endpoint, object, RegExp])[] = [
    ["chat", { ...CHAT, tools }, /^"tools" cannot be served: this server has no tools yet; .*tool_choice/],
    ["chat", { ...CHAT, functions: tools }, /^"functions" cannot be served/],
    ["chat", { ...CHAT, response_format: { type: "json_object" } }, /^"response_format" .*plain text only/],
    ["chat", { ...CHAT, logprobs: 3 }, /^"logprobs" must be true or false; how many is said by "top_logprobs"/],
    ["chat", { ...CHAT, top_logprobs: 3 }, /^"top_logprobs" goes along with "logprobs": true/],
    ["chat", { ...CHAT, logprobs: true, top_logprobs: 21 }, /^"top_logprobs" must be 20 or less/],
    ["completions", { prompt: "a", logprobs: 21 }, /^"logprobs" must be 20 or less/],
    ["completions", { prompt: "a", logprobs: 1, echo: true }, /^"echo" cannot go along with "logprobs"/],
    ["chat", { messages: [{ role: "user", content: image }] }, /message 1 has a part of the type "image_url"/],
    ["chat", { messages: [] }, /^"messages" must have a message/],
    ["chat", {}, /^"messages" is missing/],
    ["completions", {}, /^"prompt" is missing/],
    ["completions", { prompt: "a", suffix: "b" }, /^"suffix" is not supported/],
    ["completions", { prompt: "a", best_of: 2 }, /^"best_of" must be the same as n/],
    ["completions", { prompt: [1], echo: true }, /^"echo" can give back prompts that are text only/],
    ["completions", { prompt: "a", max_tokens: 0 }, /^"max_tokens" must be 1 or more/],
    ["completions", { prompt: "a", seed: 1.5 }, /^"seed" must be a whole number/],
    ["completions", { prompt: "a", logit_bias: { x: 1 } }, /^"logit_bias" must be an object whose names are token ids/],
    ["completions", { prompt: "a", temperature: "hot" }, /^"temperature" must be a number/],
    [
      "completions",
      { prompt: "a", presence_penalty: 1000 },
      /^"presence_penalty" must be a number from -100 to 100\.$/,
    ],
    ["completions", { prompt: "a", top_p: 2 }, /^"top_p" must be a number above 0, and at most 1\.$/],
    ["completions", { prompt: "a", repeat_penalty: 0 }, /^"repeat_penalty" must be a number above 0/],
    ["completions", { prompt: "a", logit_bias: { "5": 101 } }, /^"logit_bias\.5" must be 100 or less\.$/],
    ["completions", { prompt: "a", stop: new Array(17).fill("x") }, /^"stop" may have at most 16 strings\.$/],
    ["completions", { prompt: [1.5] }, /^"prompt" has the number 1\.5, which is no token id\.$/],
    ["completions", { prompt: [[1], [-2]] }, /^"prompt" has the number -2, which is no token id\.$/],
    ["completions", { prompt: "a", response_format: { type: "json_object" } }, /^"response_format" .*plain text only/],
    ["completions", { prompt: "a", grammar: "root ::= a" }, /^"grammar" cannot be served: answers are plain text only/],
    ["chat", { ...CHAT, guided_json: {} }, /^"guided_json" cannot be served: answers are plain text only/],
    ["chat", { ...CHAT, tool_choice: "required" }, /^"tool_choice" cannot be served: this server has no tools yet/],
  ];
  for (const [endpoint, body, words] of cases) assert.match(refusal(endpoint, body), words);
  assert.equal(refusal("chat", { ...CHAT, tools, tool_choice: "none", response_format: { type: "text" } }), "none");
});

test("what has no effect is named, and what never has one is not", () => {
  const { ignored } = completion({ user: "me", mirostat: 2, reasoning_effort: "low", verbosity: null, temperature: 1 });
  assert.deepEqual(ignored, ["mirostat", "reasoning_effort"]);
  const more = { suffix: "b", echo: true, prompt: "c", tool_choice: "auto", modalities: ["text"] };
  assert.deepEqual(readRequest("chat", { ...CHAT, ...more }).ignored, ["suffix", "echo", "prompt", "modalities"]);
  assert.deepEqual(completion({ messages: [{}], tools: [{}] }).ignored, ["messages", "tools"]);
  const overruled = completion({
    max_tokens: 5,
    max_completion_tokens: 6,
    repetition_penalty: 1.1,
    repeat_penalty: 1.2,
  });
  assert.deepEqual(overruled.ignored, ["max_tokens", "repeat_penalty"]);
  assert.equal(defined(overruled.answers[0]).maxTokens, 6);
});
