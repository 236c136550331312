/** LlamaIndex's client. */
import assert from "node:assert/strict";
import { OpenAI } from "@llamaindex/openai";
import { type Client, STORY } from "./clients.ts";

export const client: Client = ({ baseUrl, model }) => {
  const llm = new OpenAI({
    model,
    apiKey: "none",
    baseURL: baseUrl,
    temperature: 0,
    maxTokens: 12,
    maxRetries: 0,
  });
  const messages = [{ role: "user" as const, content: STORY }];
  return {
    "chats whole and streamed": async () => {
      const { message } = await llm.chat({ messages });
      let text = "";
      for await (
        const { delta } of await llm.chat({ messages, stream: true })
      ) text += delta;
      assert.equal(text, message.content);
    },
    "completes": async () => {
      assert.equal(
        typeof (await llm.complete({ prompt: STORY })).text,
        "string",
      );
    },
  };
};
