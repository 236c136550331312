/** Requests that name how fast they must be: at which level they are answered, and what their answers say of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { WEIGH_MILLISECONDS } from "../../../actors/gateway/levelling.ts";
import { eventsOf } from "./api-scene.ts";
import { CHAT, errorOf, greet } from "./completions-scene.ts";
import { piece, planAt, STARTED } from "./scene.ts";
import { type Body, elasticPlan, setUp, shorter, skeinOf, weighedIn } from "./targets-scene.ts";

const CHATS = "/v1/chat/completions";

test("a target that is a share of the whole is met by less of the prompt and of the model, and the answer says how it went", async () => {
  await using api = await setUp();
  // The whole takes 40 + 10 * 12 ms to the first token, and 12 ms for each after it.
  const asking = await api.request(CHATS, { ...CHAT, slo: { ttft: 0.42, tpot: 0.8 } });
  const { request } = api.stage.last.message;
  assert.equal(request.level, 2);
  assert.deepEqual(request.prompt, shorter);
  await greet(api.stage);
  const { headers, skein } = await skeinOf(asking);
  assert.deepEqual([headers.get("x-skein-level"), headers.get("x-skein-target-met")], ["2/4", "true"]);
  const { level, levels, prompt_share, predicted, target, took, met } = skein;
  assert.deepEqual({ level, levels, prompt_share, predicted, target, took, met }, {
    ...{ level: 2, levels: 4, prompt_share: 0.4, predicted: { ttft_ms: 64, tpot_ms: 6 } },
    ...{ target: { ttft_ms: 67.2, tpot_ms: 9.6 }, took: { ttft_ms: 40, tpot_ms: 10 }, met: false },
  });
});

test("a name, milliseconds and shares say the same where they come to the same", async () => {
  for (const slo of ["fast", { ttft: 0.4, tpot: 0.7 }, { ttft_ms: 64, tpot_ms: 8.4 }]) {
    await using api = await setUp();
    await api.request(CHATS, { ...CHAT, slo });
    const { level, prompt } = api.stage.last.message.request;
    assert.deepEqual([level, prompt], [2, shorter], JSON.stringify(slo));
  }
});

test("where a level reads all of the prompt in time, nobody is asked what could be left out: that takes time itself", async () => {
  for (
    const [slo, level] of [[{ ttft: 1, tpot: 1 }, 4], [{ ttft_ms: 10_000, tpot_ms: 100 }, 4], [
      { ttft_ms: 10_000, tpot_ms: 10 },
      3,
    ]] as const
  ) {
    await using api = await setUp();
    api.stage.weighed = undefined;
    const asking = await api.request(CHATS, { ...CHAT, slo });
    assert.deepEqual([api.stage.last.message.request.level ?? 4, weighedIn(api)], [level, []]);
    await greet(api.stage);
    const { skein } = await skeinOf(asking);
    assert.deepEqual([skein["level"], skein["prompt_share"]], [level, 1]);
  }
});

test("without a target, and with full, the request is what it always was and nothing is asked before", async () => {
  await using api = await setUp();
  await api.request(CHATS, { ...CHAT, seed: 1 });
  const plain = api.stage.last.message;
  await using another = await setUp();
  const full = await another.request(CHATS, { ...CHAT, seed: 1, slo: "full" });
  assert.deepEqual({ ...another.stage.last.message.request, client: "" }, { ...plain.request, client: "" });
  assert.equal("level" in plain.request, false);
  assert.deepEqual([...api.stage.weighings, ...another.stage.weighings], []);
  await greet(another.stage);
  const { skein } = await skeinOf(full);
  // 3 tokens were read, once they were counted.
  assert.deepEqual([skein["level"], skein["levels"], skein["predicted"], skein["met"]], [
    ...[4, 4, { ttft_ms: 76, tpot_ms: 12 }, true],
  ]);
});

test("an answer without a target tells nothing of levels", async () => {
  await using api = await setUp();
  const asking = await api.request(CHATS, CHAT);
  await greet(api.stage);
  const { headers, skein } = await skeinOf(asking);
  assert.equal(headers.get("x-skein-level"), null);
  for (const key of ["level", "levels", "predicted", "took", "met"]) assert.equal(key in skein, false, key);
});

test("a stream tells in its headers and in its last chunk", async () => {
  await using api = await setUp();
  const { response } = await api.request(CHATS, { ...CHAT, stream: true, slo: "fast" });
  await greet(api.stage);
  assert.equal((await response).headers.get("x-skein-level"), "2/4");
  const last = eventsOf(await (await response).text()).at(-2) as Body;
  assert.deepEqual([last.skein["level"], last.skein["prompt_share"]], [2, 0.4]);
});

test("a target that cannot be met gets the fastest and a word of it; who insists is refused", async () => {
  await using api = await setUp();
  const asking = await api.request(CHATS, { ...CHAT, slo: { ttft_ms: 5 } });
  const { level, prompt } = api.stage.last.message.request;
  assert.deepEqual([level, prompt], [1, { type: "chat", messages: CHAT.messages }]);
  await greet(api.stage);
  const { headers, skein } = await skeinOf(asking);
  assert.equal(headers.get("x-skein-target-met"), "false");
  assert.match(String(skein["word"]), /not to be had now. What comes closest with all of the prompt takes about 49 ms/);
  assert.deepEqual(weighedIn(api), [], "whatever were left out, it would be too late");
  for (const body of [{ slo: { ttft_ms: 5, strict: true } }, { slo: { ttft_ms: 5 }, slo_strict: true }]) {
    const { status, code, param, message } = await errorOf(await api.request(CHATS, { ...CHAT, ...body }));
    assert.deepEqual([status, code, param], [409, "target_unreachable", "slo"]);
    assert.match(message, /TTFT 5 ms, or nothing: that is not to be had now/);
  }
});

test("a model that is not elastic answers whole and says so, or not at all where its client insists", async () => {
  await using api = await setUp(planAt("there"));
  const asking = await api.request(CHATS, { ...CHAT, slo: "fast" });
  assert.equal("level" in api.stage.last.message.request, false);
  await greet(api.stage);
  const { headers, skein } = await skeinOf(asking);
  assert.deepEqual([headers.get("x-skein-level"), headers.get("x-skein-target-met")], ["1/1", null]);
  assert.match(String(skein["word"]), /not elastic.*All of it answers/);
  assert.equal("met" in skein, false, "a share of what is not known");
  const strict = await errorOf(await api.request(CHATS, { ...CHAT, slo: { tpot: 0.5, strict: true } }));
  assert.deepEqual([strict.status, strict.code], [409, "target_unreachable"]);
  const full = await api.request(CHATS, { ...CHAT, slo: "full" });
  await greet(api.stage);
  assert.equal((await full.response).status, 200);
});

test("times that the whole model may take are held against what it took", async () => {
  await using api = await setUp(planAt("there"));
  const asking = await api.request(CHATS, { ...CHAT, slo: { ttft_ms: 30 } });
  await greet(api.stage);
  const { skein } = await skeinOf(asking);
  assert.deepEqual([skein["target"], skein["met"]], [{ ttft_ms: 30 }, false]);
});

test("a device that does not weigh the prompt in time is not waited for: the whole prompt, the fastest level", async () => {
  await using api = await setUp();
  api.stage.weighed = undefined;
  const asking = await api.request(CHATS, { ...CHAT, slo: { ttft_ms: 60, tpot_ms: 7 } });
  assert.equal(api.stage.asked.length, 0);
  await api.stage.pass(WEIGH_MILLISECONDS + 1);
  const { level, prompt } = api.stage.last.message.request;
  assert.deepEqual([level, prompt], [1, { type: "chat", messages: CHAT.messages }]);
  await greet(api.stage);
  const { skein } = await skeinOf(asking);
  // What asking took counts, and the tokens are those that were counted.
  assert.deepEqual(skein["predicted"], { ttft_ms: WEIGH_MILLISECONDS + 40 + 3 * 3, tpot_ms: 3 });
  assert.equal(skein["choosing_ms"], WEIGH_MILLISECONDS);
});

test("an answer that is taken up goes on at its level, with its prompt, and is not weighed again", async () => {
  await using api = await setUp();
  await api.request(CHATS, { ...CHAT, slo: "fast" });
  const { request } = api.stage.last.message;
  api.stage.last.says(STARTED);
  api.stage.last.says(piece(1, "Hi"));
  await api.stage.calm();
  await api.stage.publish({ ...elasticPlan(), number: { term: 1, epoch: 2 } });
  api.stage.last.says({ type: "broken", reason: "it was lost" });
  await api.stage.pass(200);
  const { message } = api.stage.last;
  assert.deepEqual(message.plan, { term: 1, epoch: 2 });
  assert.deepEqual([message.request, message.progress.generated], [request, [1]]);
  assert.equal(weighedIn(api).length, 1);
});

test("a daemon's own target counts where a request names none", async () => {
  const target = { type: "bounded", tpot: { type: "share", most: 0.7 }, strict: false } as const;
  await using api = await setUp(elasticPlan(), target);
  await api.request(CHATS, CHAT);
  assert.equal(api.stage.last.message.request.level, 2);
  await api.request(CHATS, { ...CHAT, slo: "full" });
  assert.equal("level" in api.stage.last.message.request, false);
});

test("what others have under way counts: then less of the model is in time", async () => {
  await using api = await setUp();
  await api.request(CHATS, { ...CHAT, slo: { ttft_ms: 180 } });
  assert.equal("level" in api.stage.last.message.request, false, "alone there is time for the whole");
  await api.request(CHATS, { ...CHAT, slo: { ttft_ms: 180 } });
  assert.ok((api.stage.last.message.request.level ?? 4) < 4);
});

test("so do those that entered elsewhere, which the prompt's device counts, also where something is to be left out then", async () => {
  await using api = await setUp();
  api.stage.counted = 3;
  await api.request(CHATS, { ...CHAT, slo: { tpot_ms: 13 } });
  assert.ok((api.stage.last.message.request.level ?? 4) < 4, "four share a step");
  await using another = await setUp();
  another.stage.counted = 1;
  await another.request(CHATS, { ...CHAT, slo: { ttft_ms: 74 } });
  assert.equal(weighedIn(another).length, 1, "alone level 1 would read all of it in 73 ms");
});

test("a device that counts answers where it is to weigh a prompt is not asked again", async () => {
  await using api = await setUp();
  api.stage.weighed = { type: "counted", underway: 0 };
  await api.request(CHATS, { ...CHAT, slo: "fast" });
  assert.equal(weighedIn(api).length, 1);
  assert.equal(api.stage.last.message.request.level, 1);
});

test("what turns out of the prompt, once it is counted, is what the answer tells of its target", async () => {
  await using api = await setUp();
  // 11 tokens as estimated: 40 + 11 * 3 ms. There are 300.
  const asking = await api.request(CHATS, { ...CHAT, slo: { ttft_ms: 75 } });
  api.stage.last.says({ type: "started", promptTokens: 300 });
  api.stage.last.says(piece(1, "Hi"));
  api.stage.last.says({ type: "finished", reason: "stop", tokens: [], text: "" });
  await api.stage.calm();
  const { headers, skein } = await skeinOf(asking);
  assert.deepEqual([headers.get("x-skein-target-met"), skein["predicted"]], ["false", { ttft_ms: 940, tpot_ms: 3 }]);
  assert.match(String(skein["word"]), /not to be had now/);
});

test("nothing is left out of a prompt that turns out to be read in time, whatever were righter", async () => {
  await using api = await setUp();
  const ways = [{ share: 1, promptTokens: 3, right: [0.2, 0.4, 0.6, 0.8] }, {
    ...{ share: 0.4, promptTokens: 2, prompt: shorter, right: [0.9, 0.9, 0.9, 0.9] },
  }];
  api.stage.weighed = { type: "weighed", ways, underway: 0 };
  await api.request(CHATS, { ...CHAT, slo: { ttft_ms: 72 } });
  const { level, prompt } = api.stage.last.message.request;
  assert.deepEqual([level, prompt], [3, { type: "chat", messages: CHAT.messages }]);
});

test("answers at less than the whole say nothing of what is predicted of the plan", async () => {
  await using api = await setUp();
  for (const slo of ["fast", "full"]) {
    await api.request(CHATS, { ...CHAT, slo });
    const { last } = api.stage;
    last.says(STARTED);
    for (let token = 0; token < 9; token++) last.says(piece(token, "a"));
    last.says({ type: "finished", reason: "stop", tokens: [], text: "" });
    await api.stage.calm();
    assert.equal(api.stage.served.of({ term: 1, epoch: 1 })?.answers, slo === "full" ? 1 : undefined);
  }
});

for (
  const slo of ["quick", {}, { ttft_ms: -1 }, { ttft: 2 }, { ttft_ms: 4, ttft: 0.4 }, [1], 5, { speed: 1 }, {
    ttft_ms: "4",
  }]
) {
  test(`slo ${JSON.stringify(slo)} is refused in a sentence`, async () => {
    await using api = await setUp();
    const { status, param, message } = await errorOf(await api.request(CHATS, { ...CHAT, slo }));
    assert.deepEqual([status, param], [400, "slo"]);
    assert.match(message, /target/i);
    assert.equal(api.stage.asked.length, 0);
  });
}

test("completions take a target too; slo: null is none", async () => {
  await using api = await setUp();
  await api.request("/v1/completions", { prompt: "Once", slo: { tpot_ms: 4 } });
  assert.equal(api.stage.last.message.request.level, 1);
  await api.request("/v1/completions", { prompt: "Once", slo: null });
  assert.equal("level" in api.stage.last.message.request, false);
});
