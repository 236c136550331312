/** Vercel's AI SDK, by its provider for servers like this one, and by OpenAI's own told to use chats and completions. */
import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, type LanguageModel, streamText } from "ai";
import { type Calls, type Client, STORY } from "./clients.ts";

export const client: Client = ({ baseUrl, model }) => {
  const compatible = createOpenAICompatible({
    name: "skein",
    baseURL: baseUrl,
    includeUsage: true,
  });
  const own = createOpenAI({ baseURL: baseUrl, apiKey: "none" });
  return {
    ...callsOf("the provider for compatible servers", compatible(model)),
    ...callsOf("OpenAI's provider, chats", own.chat(model)),
    ...callsOf("OpenAI's provider, completions", own.completion(model)),
  };
};

function callsOf(name: string, model: LanguageModel): Calls {
  const asked = {
    model,
    prompt: STORY,
    temperature: 0,
    maxOutputTokens: 12,
    maxRetries: 0,
  };
  return {
    [`${name}: whole and streamed, with usage`]: async () => {
      const whole = await generateText(asked);
      const stream = streamText(asked);
      let text = "";
      for await (const part of stream.textStream) text += part;
      assert.equal(text, whole.text);
      assert.equal((await stream.usage).outputTokens, whole.usage.outputTokens);
      assert.ok((whole.usage.outputTokens ?? 0) > 0);
    },
    [`${name}: seeds and stop strings`]: async () => {
      const drawn = () => generateText({ ...asked, temperature: 1, seed: 11 });
      assert.equal((await drawn()).text, (await drawn()).text);
      const { text, finishReason } = await generateText({
        ...asked,
        stopSequences: ["e"],
        maxOutputTokens: 60,
      });
      assert.ok(finishReason === "length" || !text.includes("e"), text);
    },
    [`${name}: an aborted stream ends`]: async () => {
      const gone = new AbortController();
      const stream = streamText({
        ...asked,
        maxOutputTokens: 300,
        abortSignal: gone.signal,
        onError: () => {},
      });
      for await (const _ of stream.textStream) gone.abort();
    },
  };
}
