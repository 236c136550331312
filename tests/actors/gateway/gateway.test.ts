/** The gateway: which prompts it takes, and what becomes of their answers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gatewayOf } from "../../../actors/addresses.ts";
import { defined } from "../defined.ts";
import { failureOf, isCancelled, planAt, scene, STARTED, typesOf } from "./scene.ts";

test("a model that is not served is refused by name before anything runs; its name, its id and 'default' are not", async () => {
  await using stage = await scene();
  await stage.publish(planAt("there"), planAt("there", 2, "poem"));
  const unknown = await stage.ask("novel");
  assert.deepEqual(failureOf(unknown), {
    code: "model_not_found",
    message: 'The mesh runs "story", "poem", not "novel"; "default" stands for the first.',
  });
  assert.equal(stage.asked.length, 0);
  for (const name of ["poem", planAt("there", 2, "poem").model.id, "default", undefined]) await stage.ask(name);
  assert.deepEqual(stage.asked.map(({ message }) => message.plan.epoch), [2, 2, 1, 1]);
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

test("one device answers 256 prompts at once, and says so to the next", async () => {
  await using stage = await scene();
  const all = await Promise.all(Array.from({ length: 257 }, () => stage.ask()));
  assert.equal(failureOf(defined(all.at(-1)))?.code, "overloaded");
  assert.equal(all.filter(({ events }) => events.length > 0).length, 1);
  all[0]?.leave();
  await stage.calm();
  assert.deepEqual((await stage.ask()).events, []);
});

test("a reader whose gateway ends is not left waiting, nor a conversation left running", async () => {
  await using stage = await scene();
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  stage.last.says(STARTED);
  await stage.calm();
  await stage.system.stop(gatewayOf("here"));
  await stage.calm();
  assert.equal(failureOf(asking)?.code, "interrupted");
  assert.ok(isCancelled(stage.last));
  const next = await stage.ask();
  assert.equal(failureOf(next)?.code, "interrupted");
});

function answersIn({ inspect }: { readonly inspect: { snapshot(): readonly { readonly path: string }[] } }): string[] {
  return inspect.snapshot().map(({ path }) => path).filter((path) => path.includes("answer-"));
}
