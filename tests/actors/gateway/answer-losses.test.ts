/** Answers whose conversations are lost: what is tried, for how long, and what the reader notices. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConversationEvent } from "../../../actors/conversation/protocol.ts";
import { noModels } from "../../../actors/plan.ts";
import { defined } from "../defined.ts";
import { failureOf, isCancelled, piece, planAt, scene, STARTED, typesOf } from "./scene.ts";

test("a device that declines is asked again a moment later, for a minute", async () => {
  await using stage = await scene();
  stage.manners = "declined";
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  const tenths = async (count: number) => {
    for (let tenth = 0; tenth < count; tenth++) {
      await stage.pass(100);
    }
  };
  await tenths(10);
  const ids = new Set(stage.asked.map(({ message }) => message.id));
  assert.equal(ids.size, stage.asked.length, "each attempt has an id of its own");
  assert.ok(stage.asked.length >= 9 && stage.asked.length <= 11, `${stage.asked.length} attempts`);
  const numbers = stage.asked.map(({ message }) => Number(message.id.slice(37)));
  assert.deepEqual(numbers, numbers.map((_, index) => index + 1));
  await stage.pass(58_500);
  assert.deepEqual(asking.events, []);
  await tenths(10);
  assert.deepEqual(failureOf(asking), {
    code: "interrupted",
    message: "No device could go on with the answer for 60 seconds: it is busy.",
  });
});

test("when the conversation's device is lost, another one goes on from the next token", async () => {
  await using stage = await scene(["there", "elsewhere"]);
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  for (const event of [STARTED, piece(7, "Once "), piece(8, "upon")]) stage.last.says(event);
  await stage.calm();
  stage.network.disconnect("here", "there");
  await stage.publish(planAt("elsewhere", 2));
  await stage.pass(100);
  const { device, message } = stage.last;
  assert.equal(device, "elsewhere");
  assert.deepEqual(message.progress, { generated: [7, 8], sent: 9, again: true });
  for (const event of [STARTED, piece(9, " a")]) stage.last.says(event);
  stage.last.says({ type: "finished", reason: "length", tokens: [10], text: " time" });
  await stage.calm();
  assert.deepEqual(typesOf(asking), ["started", "text", "text", "text", "text", "finished"]);
  assert.equal(asking.text, "Once upon a time");
  const end = asking.events.at(-1);
  assert.equal(end?.type === "finished" && end.timings.conversations, 2);
  assert.equal(stage.served.of({ term: 1, epoch: 2 }), undefined, "an answer of two conversations measures no plan");
});

test("a conversation that breaks is let go of and another one goes on", async () => {
  await using stage = await scene();
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  for (
    const event of [STARTED, piece(7, "a"), { type: "broken", reason: "a segment failed" } satisfies ConversationEvent]
  ) {
    stage.last.says(event);
  }
  await stage.calm();
  assert.equal(stage.asked.length, 1);
  await stage.pass(100);
  const [first, second] = stage.asked;
  assert.ok(isCancelled(defined(first)));
  assert.deepEqual(second?.message.progress.generated, [7]);
  first?.says(piece(99, "late"));
  await stage.calm();
  assert.equal(asking.text, "a", "what a conversation that was given up still says is not heard");
});

test("an answer that stalled is taken up: patience counts from the loss, not from the last token", async () => {
  await using stage = await scene();
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  for (const event of [STARTED, piece(7, "a")]) stage.last.says(event);
  await stage.pass(60_000);
  stage.last.says({ type: "stalled", reason: "silence" });
  await stage.pass(100);
  assert.equal(stage.asked.length, 2);
  for (const event of [STARTED, piece(8, "b")]) stage.last.says(event);
  await stage.calm();
  assert.equal(asking.text, "ab");
});

test("a pipeline that stalls every time is not tried for ever", async () => {
  await using stage = await scene();
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  stage.last.says(STARTED);
  for (let stall = 0; stall < 2; stall++) {
    await stage.pass(61_000);
    stage.last.says({ type: "stalled", reason: "the pipeline has been silent" });
    await stage.pass(200);
    if (stall === 0) stage.last.says(STARTED);
  }
  assert.deepEqual(failureOf(asking), {
    code: "interrupted",
    message: "No device could go on with the answer for 60 seconds: the pipeline has been silent.",
  });
});

test("an answer that has waited long for a place survives a change of plan", async () => {
  await using stage = await scene(["there", "elsewhere"]);
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  stage.last.says(STARTED);
  await stage.pass(200_000);
  await stage.publish(planAt("elsewhere", 2));
  assert.ok(isCancelled(defined(stage.asked[0])));
  await stage.pass(100);
  assert.equal(stage.last.device, "elsewhere");
  stage.last.says(STARTED);
  await stage.pass(200_000);
  await stage.publish(planAt("there", 3));
  await stage.pass(100);
  assert.deepEqual([stage.asked.length, stage.last.device], [3, "there"]);
  assert.deepEqual(typesOf(asking), ["started"]);
});

test("a plan that gives way is left with the token that is under way, which need not be run again", async () => {
  await using stage = await scene(["there", "elsewhere"]);
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  stage.last.says(STARTED);
  for (const token of [7, 8]) {
    await stage.pass(40);
    stage.last.says(piece(token, "a"));
    await stage.calm();
  }
  await stage.pass(20);
  await stage.publish(planAt("elsewhere", 2));
  assert.equal(stage.asked.length, 1);
  stage.last.says(piece(9, "a"));
  await stage.calm();
  assert.deepEqual([stage.last.device, stage.last.message.progress.generated], ["elsewhere", [7, 8, 9]]);
  assert.ok(isCancelled(defined(stage.asked[0])));
  assert.equal(asking.text, "aaa");
});

test("a plan that gives way is left at once where the token under way is late, or its conversation breaks", async () => {
  for (const ends of ["late", "broken"]) {
    await using stage = await scene(["there", "elsewhere"]);
    await stage.publish(planAt("there"));
    await stage.ask();
    stage.last.says(STARTED);
    for (const token of [7, 8]) {
      await stage.pass(40);
      stage.last.says(piece(token, "a"));
      await stage.calm();
    }
    await stage.publish(planAt("elsewhere", 2));
    if (ends === "broken") stage.last.says({ type: "broken", reason: "its segment was let go" });
    await stage.pass(ends === "broken" ? 1 : 79);
    assert.equal(stage.asked.length, ends === "broken" ? 2 : 1);
    await stage.pass(2);
    assert.deepEqual([stage.asked.length, stage.last.device], [2, "elsewhere"]);
  }
});

test("a state that leaves the plan in force, or has none, does not disturb an answer", async () => {
  await using stage = await scene();
  await stage.publish(planAt("there"));
  const asking = await stage.ask();
  stage.last.says(STARTED);
  await stage.publish(planAt("there"), planAt("there", 2, "poem"));
  await stage.state(noModels("The leader is lost."));
  await stage.pass(1000);
  stage.last.says(piece(7, "a"));
  await stage.calm();
  assert.deepEqual([stage.asked.length, asking.text, isCancelled(stage.last)], [1, "a", false]);
});

test("a model that is replaced in the middle of an answer does not go on with another one's tokens", async () => {
  await using stage = await scene();
  await stage.publish(planAt("there"));
  const asking = await stage.ask("default");
  for (const event of [STARTED, piece(7, "a")]) stage.last.says(event);
  await stage.calm();
  await stage.state({ models: [{ type: "active", plan: planAt("there", 2, "poem") }], reason: "" });
  stage.last.says({ type: "broken", reason: "its segment was let go" });
  await stage.pass(59_000);
  assert.equal(stage.asked.length, 1);
  await stage.pass(2000);
  assert.deepEqual(failureOf(asking), {
    code: "interrupted",
    message: 'The mesh does not serve "story" any more.',
  });
});

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
