/** How answers end before their time: readers and conversations that go or come late, refusals, limits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gatewayOf } from "../../../actors/addresses.ts";
import { defined } from "../defined.ts";
import { failureOf, isCancelled, planAt, scene, STARTED, typesOf } from "./scene.ts";

test("a conversation that is there too late is cancelled, by its ref or by its first word", async () => {
  await using stage = await scene();
  stage.manners = "silent";
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  const first = stage.last;
  await stage.pass(10_100);
  assert.equal(stage.asked.length, 2, "asked again when 10 seconds had passed");
  assert.ok(!isCancelled(first));
  first.says(STARTED);
  await stage.calm();
  assert.ok(isCancelled(first));
  stage.last.answers();
  stage.last.says(STARTED);
  await stage.calm();
  assert.deepEqual([typesOf(asking), isCancelled(stage.last)], [["started"], false]);
});

test("a reader who goes has the conversation cancelled and the answer ended", async () => {
  await using stage = await scene();
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  stage.last.says(STARTED);
  await stage.calm();
  asking.leave();
  await stage.calm();
  assert.ok(isCancelled(stage.last));
  assert.deepEqual(typesOf(asking), ["started"]);
  assert.deepEqual(answersIn(stage.system), []);
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

test("one device answers 256 prompts at once, and says so to the next", async () => {
  await using stage = await scene();
  const all = await Promise.all(Array.from({ length: 257 }, () => stage.ask()));
  assert.equal(failureOf(defined(all.at(-1)))?.code, "overloaded");
  assert.equal(all.filter(({ events }) => events.length > 0).length, 1);
  all[0]?.leave();
  await stage.calm();
  assert.deepEqual((await stage.ask()).events, []);
});

test("a reader whose gateway ends is not left waiting", async () => {
  await using stage = await scene();
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  stage.last.says(STARTED);
  await stage.calm();
  await stage.system.stop(gatewayOf("here"));
  await stage.calm();
  assert.equal(failureOf(asking)?.code, "interrupted");
  const next = await stage.ask();
  assert.equal(failureOf(next)?.code, "interrupted");
});

function answersIn({ inspect }: { readonly inspect: { snapshot(): readonly { readonly path: string }[] } }): string[] {
  return inspect.snapshot().map(({ path }) => path).filter((path) => path.includes("answer-"));
}
