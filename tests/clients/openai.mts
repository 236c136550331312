/** OpenAI's own client for Node. */
import assert from "node:assert/strict";
import OpenAI from "openai";
import { CERTAIN, type Client, STORY } from "./clients.ts";

const messages = [{ role: "user" as const, content: "Who are you?" }];

export const client: Client = ({ baseUrl, model }) => {
  const openai = new OpenAI({
    baseURL: baseUrl,
    apiKey: "none",
    maxRetries: 0,
  });
  const chat = { model, messages, ...CERTAIN };
  return {
    "lists models, and finds one": async () => {
      const [listed] = (await openai.models.list()).data;
      assert.equal(listed?.id, model);
      assert.deepEqual(await openai.models.retrieve(model), listed);
      assert.ok(Math.abs((listed?.created ?? 0) - Date.now() / 1000) < 3600);
    },
    "chats whole and streamed, with usage and an id for each request": async () => {
      const whole = await openai.chat.completions.create(chat);
      const stream = openai.chat.completions.stream({
        ...chat,
        stream_options: { include_usage: true },
      });
      assert.equal(
        await stream.finalContent(),
        whole.choices[0]?.message.content,
      );
      assert.deepEqual(
        (await stream.totalUsage()).completion_tokens,
        whole.usage?.completion_tokens,
      );
      const { request_id } = await openai.chat.completions.create(chat)
        .withResponse();
      assert.match(request_id ?? "", /^[0-9a-f-]{36}$/);
    },
    "says how likely the tokens of a chat were": async () => {
      const { choices: [choice] } = await openai.chat.completions.create({
        ...chat,
        logprobs: true,
        top_logprobs: 3,
      });
      const content = choice?.logprobs?.content ?? [];
      assert.equal(
        content.map(({ token }) => token).join(""),
        choice?.message.content,
      );
      for (const { token, logprob, bytes, top_logprobs } of content) {
        // At a temperature of 0 the likeliest one is taken.
        assert.deepEqual(top_logprobs[0], { token, logprob, bytes });
        assert.ok(
          top_logprobs.length === 3 &&
            top_logprobs.reduce(
                (sum, each) => sum + Math.exp(each.logprob),
                0,
              ) <= 1.0001,
        );
      }
    },
    "says it of a stream's tokens, and of a completion's": async () => {
      const [tokens, ended] = [[] as string[], [] as string[]];
      const asked = { model, prompt: STORY, ...CERTAIN, logprobs: 2 };
      for await (
        const { choices: [choice] } of await openai.completions.create({
          ...asked,
          stream: true,
        })
      ) {
        tokens.push(...choice?.logprobs?.tokens ?? []);
        if (choice?.finish_reason) ended.push(choice.finish_reason);
      }
      const { choices: [whole] } = await openai.completions.create(asked);
      assert.deepEqual([tokens, ended], [whole?.logprobs?.tokens, ["length"]]);
      assert.equal(tokens.join(""), whole?.text);
      assert.equal(
        whole?.logprobs?.text_offset?.at(-1),
        (whole?.text ?? "").length - (tokens.at(-1) ?? "").length,
      );
    },
    "completes several prompts, each several times, as text and as tokens": async () => {
      const { choices } = await openai.completions.create({
        ...{
          model,
          prompt: [STORY, "The key is"],
          n: 2,
          max_tokens: 5,
          echo: true,
          seed: 7,
        },
      });
      assert.deepEqual(
        choices.map((
          { index, text },
        ) => [index, text.startsWith(index < 2 ? STORY : "The key is")]),
        [
          ...[[0, true], [1, true], [2, true], [3, true]],
        ],
      );
      const tokens = await openai.completions.create({
        model,
        prompt: [[5, 6, 7], [8, 9]],
        max_tokens: 2,
      });
      assert.equal(tokens.choices.length, 2);
    },
    "draws the same with the same seed, of 64 bits too, and ends at stop strings": async () => {
      const draw = async (seed: number) => {
        const asked = {
          model,
          prompt: STORY,
          max_tokens: 20,
          temperature: 1,
          seed,
        };
        return (await openai.completions.create(asked)).choices[0]?.text;
      };
      for (const seed of [7, Number.MAX_SAFE_INTEGER, 2 ** 62]) {
        assert.equal(await draw(seed), await draw(seed));
      }
      const { choices: [whole] } = await openai.completions.create({
        model,
        prompt: STORY,
        ...CERTAIN,
      });
      const word = (whole?.text ?? "").trim().split(" ")[2] ?? "";
      const { choices: [stopped] } = await openai.completions.create({
        model,
        prompt: STORY,
        ...CERTAIN,
        stop: [word],
      });
      assert.deepEqual([stopped?.finish_reason, stopped?.text], [
        "stop",
        (whole?.text ?? "").split(word)[0],
      ]);
    },
    "takes penalties, biases, and values that ask for nothing": async () => {
      const nothing = {
        stop: null,
        logit_bias: null,
        n: null,
        seed: null,
        top_p: null,
        max_completion_tokens: null,
      };
      await openai.chat.completions.create({
        ...chat,
        ...nothing,
        presence_penalty: 0.1,
        frequency_penalty: -0.1,
      });
      const { choices: [forced] } = await openai.completions.create({
        ...{
          model,
          prompt: STORY,
          ...CERTAIN,
          logit_bias: { "300": 100 },
          max_tokens: 3,
          logprobs: 0,
        },
      });
      assert.equal(
        new Set(forced?.logprobs?.tokens).size,
        1,
        "one token and no other",
      );
    },
    "goes on with a history of called tools, and with one of another assistant's parts": async () => {
      const call = {
        id: "a",
        type: "function" as const,
        function: { name: "weather", arguments: "{}" },
      };
      const { choices } = await openai.chat.completions.create({
        ...chat,
        messages: [
          { role: "developer", content: "Be short." },
          {
            role: "user",
            content: [{ type: "text", text: "Hi" }],
            name: "me",
          },
          { role: "assistant", content: null, tool_calls: [call] },
          { role: "tool", tool_call_id: "a", content: "rain" },
          ...messages,
        ],
      });
      assert.equal(choices.length, 1);
    },
    "gets errors of the class and with the words that say what is wrong": async () => {
      const image = [{
        type: "image_url" as const,
        image_url: { url: "data:image/png;base64," },
      }];
      await assert.rejects(
        openai.chat.completions.create({
          ...chat,
          messages: [{ role: "user", content: image }],
        }),
        {
          ...{
            status: 400,
            message: /Messages are text here: message 1 has a part of the type "image_url"/,
          },
        },
      );
      await assert.rejects(
        openai.chat.completions.create({ ...chat, model: "gpt-99" }),
        OpenAI.NotFoundError,
      );
      await assert.rejects(
        openai.embeddings.create({ model, input: "a" }),
        /There is no POST \/v1\/embeddings here/,
      );
    },
    "is let go of in mid-stream": async () => {
      const stream = await openai.completions.create({
        model,
        prompt: STORY,
        max_tokens: 300,
        stream: true,
      });
      for await (const _ of stream) break;
      const gone = new AbortController();
      const asked = openai.completions.create({
        model,
        prompt: STORY,
        max_tokens: 300,
      }, { signal: gone.signal });
      gone.abort();
      await assert.rejects(asked, OpenAI.APIUserAbortError);
      assert.equal(
        (await openai.completions.create({ model, prompt: STORY, ...CERTAIN }))
          .choices.length,
        1,
      );
    },
  };
};
