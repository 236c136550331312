/** Skein's own routes: what they answer is what their schemas say, and failures have their statuses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { routes } from "../../../actors/gateway/api.ts";
import { inspector } from "../../../actors/inspector/behaviour.ts";
import { EventRing } from "../../../actors/inspector/events.ts";
import type { DeviceView } from "../../../actors/inspector/protocol.ts";
import type { LeaderMessage, Pinned, Study } from "../../../actors/leader/protocol.ts";
import { Links } from "../../../actors/monitor/links.ts";
import { WorkTimes } from "../../../actors/monitor/work-times.ts";
import { noModels } from "../../../actors/plan.ts";
import { type Behaviour, next, reply } from "../../../runtime/actor/mod.ts";
import { simulatedClock } from "../../../runtime/clock.ts";
import { HOST, NO_COUNTERS } from "../inspected.ts";
import { apiOf } from "../mesh/mesh-api.ts";
import { simulatedMesh } from "../mesh/simulated-mesh.ts";
import { apiScene } from "./api-scene.ts";
import { planAt } from "./scene.ts";

interface Answers {
  pin?: Pinned;
  study?: Study;
}

/** A leader that keeps what it was asked, and answers as it is told to or not at all. */
function leaderWith(answers: Answers, heard: LeaderMessage[]): Behaviour<unknown, LeaderMessage> {
  return {
    start: () => null,
    receive(state, message, context) {
      heard.push(message);
      if (message.type === "pin" && answers.pin !== undefined) reply(context, message.replyTo, answers.pin);
      if (message.type === "study" && answers.study !== undefined) reply(context, message.replyTo, answers.study);
      return next(state);
    },
  };
}

const errorIn = (body: unknown) => (body as { error: { code: string; message: string } }).error;

test("health says whether there is a plan, and else why not", async () => {
  await using api = await apiScene();
  await api.stage.state(noModels("No device offers a model."));
  const waiting = await api.read("/healthz");
  assert.deepEqual(waiting.body, { status: "ok", ready: false, reason: "No device offers a model." });
  await api.stage.publish(planAt("there"));
  const ready = await api.read("/healthz");
  assert.deepEqual([waiting.status, ready.body], [200, { status: "ok", ready: true }]);
  for (const { body } of [waiting, ready]) v.parse(routes.health.response, body);
});

test("the plan comes as its schema says, with what was measured under it once there is something", async () => {
  await using api = await apiScene();
  const plan = planAt("there");
  await api.stage.publish(plan);
  const before = v.parse(routes.plan.response, (await api.read("/skein/plan")).body);
  assert.deepEqual([before.leader, before.state, before.models, before.measured], [
    "here",
    { type: "active", plan },
    [{ type: "active", plan }],
    undefined,
  ]);
  api.stage.served.record(plan.number, {
    promptTokens: 1,
    cachedTokens: 0,
    completionTokens: 11,
    timeToFirstTokenMilliseconds: 50,
    totalMilliseconds: 150,
    conversations: 1,
  });
  const after = v.parse(routes.plan.response, (await api.read("/skein/plan")).body);
  assert.deepEqual(after.measured, { answers: 1, ttftMilliseconds: 50, tpotMilliseconds: 10 });
});

test("a supervisor that does not answer is said to be unavailable", async () => {
  await using api = await apiScene();
  api.stage.manners = "silent";
  const { response } = await api.request("/skein/plan");
  await api.stage.pass(5000);
  assert.deepEqual([(await response).status, errorIn(await (await response).json()).code], [503, "unavailable"]);
});

test("a split is given to the leader, wherever it is; its refusal is a conflict", async () => {
  const [answers, heard]: [Answers, LeaderMessage[]] = [{ pin: { type: "accepted" } }, []];
  await using api = await apiScene({ leader: leaderWith(answers, heard) });
  const split = [{ device: "board", blocks: 4 }];
  const accepted = await api.read("/skein/plan", { split });
  assert.deepEqual(accepted, { status: 202, body: { accepted: true } });
  assert.deepEqual(heard.map((message) => message.type === "pin" && message.split), [split]);
  answers.pin = { type: "refused", reason: "board is not here" };
  const refused = await api.read("/skein/plan", { split: null });
  assert.deepEqual([refused.status, errorIn(refused.body).message], [409, "board is not here"]);
  const wrong = await api.read("/skein/plan", { split: "all" });
  assert.deepEqual([wrong.status, errorIn(wrong.body).code, heard.length], [400, "invalid_request", 2]);
});

test("a study is the leader's answer; models that changes name are compiled first", async () => {
  const [answers, heard]: [Answers, LeaderMessage[]] = [{ study: { type: "studied", answer: { outcome: 1 } } }, []];
  await using api = await apiScene({ leader: leaderWith(answers, heard) });
  assert.deepEqual(await api.read("/skein/study", { changes: ["-device:a"] }), { status: 200, body: { outcome: 1 } });
  answers.study = { type: "refused", reason: "there is no model" };
  assert.equal((await api.read("/skein/study", { changes: [] })).status, 409);
  const missing = await api.read("/skein/study", { changes: ["model=/a.gguf"] });
  assert.deepEqual([missing.status, errorIn(missing.body).code, errorIn(missing.body).message, heard.length], [
    400,
    "invalid_model",
    "there is no /a.gguf",
    2,
  ]);
  assert.equal((await api.read("/skein/study", {})).status, 400);
});

test("without a leader, or with one that says nothing, questions for it get 503 in time", async () => {
  await using api = await apiScene({ leader: leaderWith({}, []) });
  const { response } = await api.request("/skein/plan", { split: null });
  await api.stage.pass(5000);
  assert.deepEqual([(await response).status, errorIn(await (await response).json()).code], [503, "no_leader"]);
  api.stage.leader = undefined;
  assert.equal((await api.read("/skein/study", { changes: [] })).status, 503);
});

test("each device shows itself through its inspector; one that does not answer is named with the reason", async () => {
  const clock = simulatedClock();
  const events = new EventRing(clock);
  events.record({ type: "warning", message: "the disk is full" });
  const shown = inspector({
    device: "here",
    name: "laptop",
    host: HOST,
    slowdown: 1,
    rates: () => new Promise(() => {}),
    peers: () => [],
    links: new Links(clock),
    work: new WorkTimes(),
    events,
    inspect: { snapshot: () => [], counters: () => NO_COUNTERS, subscribe: () => () => {} },
  });
  await using api = await apiScene({ inspector: shown });
  const { devices } = v.parse(routes.inspect.response, (await api.read("/skein/inspect")).body);
  const [own, other] = devices;
  assert.ok(own !== undefined && !("error" in own));
  assert.deepEqual([own.name, own.memory, own.events, own.forgottenEvents, own.speed.rates], [
    "laptop",
    { usableBytes: 800, totalBytes: 4000, processBytes: 10 },
    [{ millisecondsAgo: 0, type: "warning", text: "the disk is full" }],
    0,
    undefined,
  ]);
  assert.deepEqual(own.counters, NO_COUNTERS);
  assert.deepEqual([other?.name, other !== undefined && "error" in other], ["board", true]);
});

test("in a mesh at work every device is shown, with what its segments do", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 4 });
  const handle = apiOf(mesh, "a");
  const answer = mesh.ask("b", "Hello", 400);
  await mesh.until(() => answer.text.length > 10);
  const responding = handle(routes.inspect.path);
  await mesh.clock.advance(100);
  const { devices } = v.parse(routes.inspect.response, await (await responding).json());
  const shown = devices.map((device) => "error" in device ? device.error : [device.name, lookOf(device)]);
  const busy = { taken: 1, all: 4, working: true };
  assert.deepEqual(shown, [["a", [busy]], ["b", [busy]]]);
  answer.leave();
});

function lookOf({ segments }: DeviceView): unknown[] {
  return segments.map(({ look }) => {
    return look === undefined ? undefined : { ...look.slots, working: look.tokensPerSecond > 0 };
  });
}
