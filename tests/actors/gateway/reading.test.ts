/** How far a prompt has been read: told in streams that ask for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiScene, eventsOf } from "./api-scene.ts";
import { piece, planAt } from "./scene.ts";

const LONG = { type: "started", promptTokens: 300 } as const;

test("a stream that asks for progress hears how much of the prompt has been read, until the first token", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const streamed = await api.request("/v1/completions", { prompt: "a", stream: true, return_progress: true });
  const { says } = api.stage.last;
  says(LONG);
  await api.stage.pass(30);
  says({ type: "reading", tokens: 128, cached: 0 });
  await api.stage.pass(30);
  says({ type: "reading", tokens: 256, cached: 0 });
  await api.stage.calm();
  says(piece(1, "Hi"));
  // What another conversation reads again is no news.
  says({ type: "reading", tokens: 128, cached: 0 });
  says({ type: "finished", reason: "stop", tokens: [2], text: "!" });
  await api.stage.calm();
  const events = eventsOf(await (await streamed.response).text()) as { prompt_progress?: object }[];
  assert.deepEqual(events.flatMap(({ prompt_progress }) => prompt_progress ?? []), [
    { total: 300, cache: 0, processed: 128, time_ms: 30 },
    { total: 300, cache: 0, processed: 256, time_ms: 60 },
  ]);
});

test("a stream that does not ask hears nothing of it, but comments while it waits, and its text at once", async () => {
  await using api = await apiScene();
  await api.stage.publish(planAt("there"));
  const streamed = await api.request("/v1/completions", { prompt: "a", stream: true });
  const { says } = api.stage.last;
  says(LONG);
  await api.stage.calm();
  const reader = (await streamed.response).body?.pipeThrough(new TextDecoderStream()).getReader();
  const comment = reader?.read();
  for (let tokens = 0; tokens < 10; tokens++) {
    says({ type: "reading", tokens, cached: 0 });
    await api.stage.pass(1000);
  }
  assert.equal((await comment)?.value, ": waiting\n\n");
  const text = reader?.read();
  says({ type: "reading", tokens: 256, cached: 0 });
  await api.stage.calm();
  says(piece(1, "Hi"));
  await api.stage.calm();
  assert.match((await text)?.value ?? "", /^data: .*"text":"Hi"/);
  await reader?.cancel();
});
