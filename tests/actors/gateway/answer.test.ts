/** Answers as their readers see them: what they hear, and what they hear where it cannot be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { noModels } from "../../../actors/plan.ts";
import { defined } from "../defined.ts";
import { failureOf, piece, planAt, scene, STARTED, typesOf } from "./scene.ts";

test("a prompt becomes a conversation at the plan's first device, and the reader gets its words", async () => {
  await using stage = await scene();
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  const { device, message } = stage.last;
  assert.deepEqual([device, message.plan, message.request.prompt], [
    "there",
    { term: 1, epoch: 1 },
    { type: "text", text: "Once" },
  ]);
  assert.deepEqual(message.progress, { generated: [], sent: 0, again: false });
  stage.last.says(STARTED);
  await stage.pass(40);
  for (let token = 0; token < 8; token++) {
    stage.last.says(piece(token, "a"));
    await stage.pass(10);
  }
  stage.last.says({ type: "finished", reason: "stop", tokens: [], text: "." });
  await stage.calm();
  assert.equal(asking.text, "aaaaaaaa.");
  const end = defined(asking.events.at(-1));
  assert.equal(end.type, "finished");
  assert.deepEqual(end.type === "finished" && { ...end, plan: end.plan.number }, {
    type: "finished",
    reason: "stop",
    plan: { term: 1, epoch: 1 },
    timings: {
      promptTokens: 3,
      cachedTokens: 0,
      completionTokens: 8,
      timeToFirstTokenMilliseconds: 40,
      totalMilliseconds: 120,
      conversations: 1,
    },
  });
  const measured = { answers: 1, ttftMilliseconds: 40, tpotMilliseconds: 80 / 7 };
  assert.deepEqual(stage.served.of({ term: 1, epoch: 1 }), measured);
  assert.equal(stage.asked.length, 1);
});

test("where no model is served the reader hears why after 15 seconds; a plan that comes in time is used at once", async () => {
  await using stage = await scene();
  await stage.state(noModels("No device offers a model."));
  const [late, early] = [await stage.ask(), await stage.ask()];
  early.leave();
  await stage.pass(14_000);
  const served = await stage.ask();
  assert.deepEqual(late.events, []);
  await stage.pass(1200);
  assert.deepEqual(failureOf(late), { code: "no_plan", message: "No device offers a model." });
  assert.deepEqual(early.events, []);
  await stage.publish(planAt("there"));
  await stage.calm();
  assert.equal(stage.asked.length, 1);
  stage.last.says(STARTED);
  await stage.calm();
  assert.deepEqual(typesOf(served), ["started"]);
});

test("a plan of a model that the mesh means to serve is waited for as long as one that is lost: 60 seconds", async () => {
  await using stage = await scene();
  const { model } = planAt("there");
  const reason = "Devices load it.";
  await stage.state({ models: [{ type: "waiting", model: { id: model.id, name: model.name }, reason }], reason: "" });
  const late = await stage.ask();
  await stage.pass(59_000);
  const early = await stage.ask();
  assert.deepEqual(late.events, []);
  await stage.pass(1200);
  assert.deepEqual(failureOf(late), { code: "no_plan", message: reason });
  await stage.publish(planAt("there"));
  await stage.calm();
  stage.last.says(STARTED);
  await stage.calm();
  assert.deepEqual(typesOf(early), ["started"]);
});

test("what a conversation refuses is the reader's to hear, with its code", async () => {
  await using stage = await scene();
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  stage.last.says({ type: "rejected", code: "context_length_exceeded", message: "It is too long." });
  await stage.calm();
  assert.deepEqual(failureOf(asking), { code: "context_length_exceeded", message: "It is too long." });
  assert.deepEqual(answersIn(stage.system), []);
});

test("a prompt that no frame takes fails at once, and the next one is answered", async () => {
  await using stage = await scene(["there"], 250);
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  assert.equal(failureOf(asking)?.code, "prompt_too_large");
  await stage.publish(planAt("here"));
  assert.deepEqual((await stage.ask()).events, []);
});

test("a device cannot put words into another one's conversation", async () => {
  await using stage = await scene(["there", "elsewhere"]);
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  const { answer, id } = stage.last.message;
  const conversation = {
    device: "there",
    path: `/supervisor/conversation-${id}`,
    incarnation: "0123456789abcd.1",
    channel: "control",
  } as const;
  stage.at("elsewhere").tell(answer, { type: "conversation", id, conversation, event: STARTED });
  await stage.calm();
  assert.deepEqual(asking.events, []);
  assert.equal(stage.system.inspect.counters().dropped.refused, 1);
});

function answersIn({ inspect }: { readonly inspect: { snapshot(): readonly { readonly path: string }[] } }): string[] {
  return inspect.snapshot().map(({ path }) => path).filter((path) => path.includes("answer-"));
}
