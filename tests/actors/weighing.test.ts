/** Targets in whole meshes: prompts are weighed where they are read, and answers of all levels go on when devices die. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf } from "../../actors/plan.ts";
import { supervisorOf } from "../../actors/addresses.ts";
import { MAX_WEIGHED_BYTES, type Weighed } from "../../actors/weighing.ts";
import type { Prompt } from "../../actors/conversation/protocol.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import type { SimulatedAnswer } from "./mesh/simulated-answer.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

const THREE = ["a", "b", "c"];
const LAYERS = 6;
const FAST = { type: "bounded", tpot: { type: "share", most: 0.6 }, strict: false } as const;

/** A mesh whose plan says what levels take. */
async function elasticMesh(slices = 4): Promise<SimulatedMesh> {
  const mesh = await simulatedMesh(THREE, { layers: LAYERS, slices });
  if (slices > 1) await mesh.until(async () => planOf((await mesh.device("c").view()).state)?.elastic !== undefined);
  return mesh;
}

async function weigh(mesh: SimulatedMesh, prompt: Prompt): Promise<Weighed> {
  const plan = planOf((await mesh.device("c").view()).state);
  let weighed: Weighed | string | undefined;
  void mesh.device("c").system.ask(
    supervisorOf(plan?.segments[0]?.device ?? ""),
    (replyTo: Ref<Reply<Weighed>>) => ({
      type: "weigh" as const,
      plan: plan?.number ?? { term: 0, epoch: 0 },
      prompt,
      replyTo,
    }),
    { timeoutMs: 1000 },
  ).then((outcome) => weighed = outcome.type === "reply" ? outcome.value : outcome.type);
  await mesh.until(() => weighed !== undefined);
  if (typeof weighed === "object") return weighed;
  throw new Error(`not weighed: ${weighed}`);
}

const chat = (content: string): Prompt => ({ type: "chat", messages: [{ role: "user", content }] });

test("a chat is weighed whole and cut to each prompt level, each with how probably every level answers it right", async () => {
  await using mesh = await elasticMesh();
  const weighed = await weigh(
    mesh,
    chat("One two three. Four five six. Seven eight nine. Ten eleven twelve. The end."),
  );
  assert.equal(weighed.type, "weighed");
  if (weighed.type !== "weighed") return;
  const [whole, ...shorter] = weighed.ways;
  assert.equal(whole?.prompt, undefined);
  assert.deepEqual([whole, ...shorter].map((way) => way?.right?.length), [4, 4, 4, 4, 4]);
  for (const [at, { share, promptTokens, prompt }] of shorter.entries()) {
    assert.equal(share, [0.8, 0.6, 0.4, 0.2][at]);
    assert.ok(promptTokens < (weighed.ways[at]?.promptTokens ?? 0));
    assert.ok(prompt?.type === "chat" && prompt.messages.length === 1);
  }
  assert.equal(weighed.chooserMilliseconds, 1);
});

test("of a text nothing is left out, and what is too long for a chooser is counted alone", async () => {
  await using mesh = await elasticMesh();
  const text = await weigh(mesh, { type: "text", text: "Once upon a time. There was" });
  assert.deepEqual(text.type === "weighed" && text.ways.map(({ share, right }) => [share, right?.length]), [[1, 4]]);
  const long = await weigh(mesh, { type: "text", text: "x".repeat(511) });
  assert.equal(long.type === "weighed" && long.ways.length, 1);
});

test("a prompt that cannot be answered is not weighed; one that is too long is turned away", async () => {
  await using mesh = await elasticMesh();
  assert.equal((await weigh(mesh, { type: "text", text: "" })).type, "unweighed");
  await assert.rejects(weigh(mesh, { type: "text", text: "x".repeat(MAX_WEIGHED_BYTES + 1) }));
});

test("fast and full stand side by side, also while a device dies: each has the text of its level", async () => {
  await using mesh = await elasticMesh();
  const prompt = "The quick brown fox jumps over the lazy dog";
  const asked = [
    { level: 2, answer: mesh.ask("a", prompt, 30, { target: FAST }) },
    { level: undefined, answer: mesh.ask("a", prompt, 30, { target: { type: "full" } }) },
    { level: undefined, answer: mesh.ask("a", prompt, 30) },
  ];
  await mesh.until(() => asked.every(({ answer }) => answer.text.length > 4));
  await mesh.kill("c");
  await mesh.until(() => asked.every(({ answer }) => answer.over));
  const [fast] = asked;
  const level = chosenBy(fast?.answer)?.level;
  assert.ok(level !== undefined && level < 4, "less of the model is faster");
  for (const { level: expected, answer } of asked) {
    assert.equal(answer.text, mesh.expected(prompt, 30, LAYERS, expected === undefined ? undefined : level));
  }
  assert.deepEqual(asked.map(({ answer }) => chosenBy(answer)?.level), [level, 4, undefined]);
});

test("a model that is not elastic answers whole, whatever the target", async () => {
  await using mesh = await elasticMesh(1);
  const answer = mesh.ask("b", "Hello", 8, { target: FAST });
  await mesh.until(() => answer.over);
  assert.equal(answer.text, mesh.expected("Hello", 8));
  assert.match(chosenBy(answer)?.word ?? "", /not elastic/);
});

function chosenBy(answer: SimulatedAnswer | undefined) {
  const last = answer?.events.at(-1);
  return last?.type === "finished" ? last.chosen : undefined;
}
