/** How likely tokens were, as OpenAI's clients are told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Likelihood } from "../../../actors/conversation/likelihoods.ts";
import { apiScene, eventsOf } from "./api-scene.ts";
import { CHAT } from "./completions-scene.ts";
import { planAt, STARTED } from "./scene.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const [E2, REST] = [Uint8Array.of(0xe2), Uint8Array.of(0x82, 0xac)];
const likely = (bytes: Uint8Array, logprob: number, ...top: Likelihood["top"]): Likelihood => ({ bytes, logprob, top });
const HI = likely(utf8("Hi"), -1, { bytes: utf8("Oh"), logprob: -0.5 }, { bytes: utf8("Hi"), logprob: -1 });
const NONE_OF_TOP = likely(E2, -3, { bytes: utf8("!"), logprob: -0.25 });
const LAST = likely(REST, -0.125);

/** The choices of what a request is answered with "Hi€", whose last character takes two tokens. */
async function answered(path: string, body: object): Promise<unknown[]> {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const responding = await api.request(path, body);
  const { last } = api.stage;
  last.says(STARTED);
  last.says({ type: "piece", tokens: [1], text: "Hi", likelihoods: [HI] });
  last.says({ type: "piece", tokens: [2], text: "", likelihoods: [NONE_OF_TOP] });
  last.says({ type: "finished", reason: "length", tokens: [3], text: "€", likelihoods: [LAST] });
  await api.stage.calm();
  const response = await responding.response;
  const parts = "stream" in body ? eventsOf(await response.text()) : [await response.json()];
  return parts.filter((part) => part !== "[DONE]").map((part) => (part as { choices: unknown[] }).choices[0]);
}

const told = (token: string, logprob: number, bytes: Uint8Array) => ({ token, logprob, bytes: [...bytes] });
const CONTENT = [
  { ...told("Hi", -1, utf8("Hi")), top_logprobs: [told("Oh", -0.5, utf8("Oh")), told("Hi", -1, utf8("Hi"))] },
  { ...told("\ufffd", -3, E2), top_logprobs: [told("!", -0.25, utf8("!"))] },
  { ...told("\ufffd\ufffd", -0.125, REST), top_logprobs: [] },
];

test("a chat has a token's text, bytes and logprob, and those of the likeliest ones", async () => {
  assert.deepEqual(await answered("/v1/chat/completions", { ...CHAT, logprobs: true, top_logprobs: 2 }), [{
    index: 0,
    message: { role: "assistant", content: "Hi€", refusal: null },
    finish_reason: "length",
    logprobs: { content: CONTENT, refusal: null },
  }]);
});

test("a chat's stream has them in the chunk of each token, also where the text is held back", async () => {
  const chunks = await answered("/v1/chat/completions", { ...CHAT, stream: true, logprobs: true });
  const short = chunks.map((chunk) => {
    const { delta, logprobs } = chunk as { delta: object; logprobs: { content: unknown[] } | null };
    return [delta, logprobs?.content ?? null];
  });
  assert.deepEqual(short, [
    [{ role: "assistant", content: "" }, null],
    [{ content: "Hi" }, CONTENT.slice(0, 1)],
    [{ content: "" }, CONTENT.slice(1, 2)],
    [{ content: "€" }, CONTENT.slice(2)],
    [{}, null],
  ]);
});

test("a completion has them in columns, with places that go on from chunk to chunk", async () => {
  const whole = await answered("/v1/completions", { prompt: "a", logprobs: 2 });
  assert.deepEqual(whole, [{
    index: 0,
    text: "Hi€",
    finish_reason: "length",
    logprobs: {
      tokens: ["Hi", "\ufffd", "\ufffd\ufffd"],
      token_logprobs: [-1, -3, -0.125],
      top_logprobs: [{ Oh: -0.5, Hi: -1 }, { "!": -0.25, "\ufffd": -3 }, null],
      text_offset: [0, 2, 3],
    },
  }]);
  const chunks = await answered("/v1/completions", { prompt: "a", logprobs: 2, stream: true });
  const offsets = chunks.map((chunk) =>
    (chunk as { logprobs: { text_offset: number[] } | null }).logprobs?.text_offset
  );
  assert.deepEqual(offsets, [[0], [2], [3], undefined]);
});

test("where nobody asks the conversation is not asked either", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  for (const [body, logprobs] of [[{ prompt: "a" }, undefined], [{ prompt: "a", logprobs: 0 }, 0]] as const) {
    await api.request("/v1/completions", body);
    assert.equal(api.stage.last.message.request.logprobs, logprobs);
  }
});
