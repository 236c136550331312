/** LangChain's chat model and its completing one. */
import assert from "node:assert/strict";
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { ChatOpenAI, OpenAI } from "@langchain/openai";
import { type Client, STORY } from "./clients.ts";

export const client: Client = ({ baseUrl, model }) => {
  const configuration = { baseURL: baseUrl };
  const common = {
    model,
    apiKey: "none",
    configuration,
    temperature: 0,
    maxTokens: 12,
    maxRetries: 0,
  };
  const chat = new ChatOpenAI(common);
  return {
    "invokes and streams": async () => {
      const whole = await chat.invoke(STORY);
      let text = "";
      for await (const chunk of await chat.stream(STORY)) text += chunk.text;
      assert.equal(text, whole.text);
      const usage = whole.usage_metadata as { readonly output_tokens: number } | undefined;
      assert.ok((usage?.output_tokens ?? 0) > 0);
    },
    "asks for several answers at once": async () => {
      const answers = await chat.batch([STORY, "Who are you?", STORY, "Hello"]);
      assert.equal(answers[0]?.text, answers[2]?.text);
      assert.equal(
        (await new ChatOpenAI({ ...common, n: 2, temperature: 1 }).generate([[
          new HumanMessage("Hi"),
        ]]))
          .generations[0]?.length,
        2,
      );
    },
    "brings a history of called tools": async () => {
      const call = {
        id: "a",
        name: "weather",
        args: {},
        type: "tool_call" as const,
      };
      const answer = await chat.invoke([
        new SystemMessage("Be short."),
        new HumanMessage("Is it raining?"),
        new AIMessage({ content: "", tool_calls: [call] }),
        new ToolMessage({ content: "rain", tool_call_id: "a" }),
      ]);
      assert.equal(typeof answer.content, "string");
    },
    "is told how likely tokens were": async () => {
      const { response_metadata, text } = await new ChatOpenAI({
        ...common,
        logprobs: true,
        topLogprobs: 2,
      })
        .invoke(STORY);
      const { content } = response_metadata["logprobs"] as {
        content: { token: string }[];
      };
      assert.equal(content.map(({ token }) => token).join(""), text);
    },
    "takes penalties": async () => {
      await new ChatOpenAI({
        ...common,
        presencePenalty: 0.1,
        frequencyPenalty: 0.1,
      }).invoke(STORY);
    },
    "completes one prompt, and two": async () => {
      const complete = new OpenAI(common);
      const alone = await complete.invoke(STORY);
      const { generations } = await complete.generate([STORY, "The key is"]);
      assert.deepEqual([generations.length, generations[0]?.[0]?.text], [
        2,
        alone,
      ]);
    },
  };
};
