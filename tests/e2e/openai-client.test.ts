/** OpenAI's own client works against a daemon. */
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import { builtinModelName, builtinModelPath } from "../../models/builtin/mod.ts";
import { startLocalMesh } from "./local-mesh.ts";

test(
  "OpenAI's client lists models, completes and chats, whole and streamed, and stops when told to",
  async () => {
    await using mesh = await startLocalMesh(
      2,
      builtinModelPath(),
    );
    const client = new OpenAI({
      baseURL: `${mesh.api(1)}/v1`,
      apiKey: "none",
      maxRetries: 0,
    });

    const models = await client.models.list();
    assert.deepEqual(models.data.map(({ id }) => id), [builtinModelName]);
    const model = builtinModelName;

    const whole = await client.completions.create({
      model,
      prompt: "Once upon a time",
      max_tokens: 40,
      temperature: 0,
    });
    const text = whole.choices[0]?.text ?? "";
    assert.match(text, /^[a-z ,.A-Z]{60,}$/);
    assert.equal(whole.choices[0]?.finish_reason, "length");
    const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details } = whole.usage ?? {};
    assert.deepEqual([prompt_tokens, completion_tokens, total_tokens], [5, 40, 45]);
    assert.deepEqual(prompt_tokens_details, { cached_tokens: 0 });

    let streamed = "";
    const stream = await client.completions.create({
      model,
      prompt: "Once upon a time",
      max_tokens: 40,
      temperature: 0,
      stream: true,
    });
    for await (const chunk of stream) streamed += chunk.choices[0]?.text ?? "";
    assert.equal(streamed, text);

    // A word within the answer, where it has not been said before.
    const word = text.split(" ").slice(1).find((it) => it.length > 3 && text.indexOf(it) > 15) ?? "";
    const stopped = await client.completions.create({
      model,
      prompt: "Once upon a time",
      max_tokens: 40,
      temperature: 0,
      stop: word,
    });
    assert.deepEqual([
      stopped.choices[0]?.text,
      stopped.choices[0]?.finish_reason,
    ], [text.slice(0, text.indexOf(word)), "stop"]);

    const messages = [{ role: "user" as const, content: "Tell me a story" }];
    const chat = await client.chat.completions.create({
      model,
      messages,
      max_completion_tokens: 20,
      temperature: 0,
    });
    assert.equal(chat.choices[0]?.message.role, "assistant");
    let said = "";
    const options = {
      model,
      messages,
      max_completion_tokens: 20,
      temperature: 0,
      stream_options: { include_usage: true },
    };
    for await (
      const chunk of await client.chat.completions.create({
        ...options,
        stream: true,
      })
    ) {
      said += chunk.choices[0]?.delta.content ?? "";
      if (chunk.usage) assert.equal(chunk.usage.completion_tokens, chat.usage?.completion_tokens);
    }
    assert.equal(said, chat.choices[0]?.message.content);

    const drawn = () =>
      client.completions.create({
        model,
        prompt: "Once",
        max_tokens: 40,
        temperature: 1,
        seed: 7,
      });
    const [first, again] = [await drawn(), await drawn()];
    assert.equal(first.choices[0]?.text, again.choices[0]?.text);

    await assert.rejects(
      client.completions.create({ model: "other", prompt: "hi" }),
      (error) => {
        return error instanceof OpenAI.NotFoundError &&
          error.message.includes(builtinModelName);
      },
    );
  },
);

test("an answer whose reader leaves is cancelled on every device", async () => {
  await using mesh = await startLocalMesh(
    2,
    builtinModelPath(),
  );
  const client = new OpenAI({
    baseURL: `${mesh.api(1)}/v1`,
    apiKey: "none",
    maxRetries: 0,
  });
  const stream = await client.completions.create({
    model: builtinModelName,
    prompt: "Once",
    max_tokens: 200,
    temperature: 0,
    stream: true,
  });
  for await (const _ of stream) break;
  const deadline = Date.now() + 10_000;
  for (;;) {
    const inspection = await (await fetch(`${mesh.api(0)}/skein/inspect`))
      .json() as {
        devices: { actors: { path: string }[] }[];
      };
    const paths = inspection.devices.flatMap(({ actors }) => actors.map(({ path }) => path));
    if (!paths.some((path) => /conversation|answer/.test(path))) break;
    assert.ok(Date.now() < deadline, `still there: ${paths.join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

test(
  "more prompts than there are places wait their turn and are all answered",
  async () => {
    await using mesh = await startLocalMesh(2, builtinModelPath(), ["--concurrency", "2"]);
    const client = new OpenAI({ baseURL: `${mesh.api(1)}/v1`, apiKey: "none", maxRetries: 0 });
    const ask = () =>
      client.completions.create({
        model: builtinModelName,
        prompt: "Once upon a time",
        max_tokens: 60,
        temperature: 0,
      });
    const answers = await Promise.all(Array.from({ length: 12 }, ask));
    assert.equal(new Set(answers.map(({ choices }) => choices[0]?.text)).size, 1);
  },
);
