/** Readers that go at any moment, while their answers wait, are read or are written: nothing of them stays on any device. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ExecutorLook, ExecutorMessage } from "../../actors/executor/protocol.ts";
import { planOf } from "../../actors/plan.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { defined } from "./defined.ts";
import type { SimulatedAnswer } from "./mesh/simulated-answer.ts";
import { type SimulatedMesh, simulatedMesh } from "./mesh/simulated-mesh.ts";

const DEVICES = ["a", "b", "c"];
/** Prompts that begin alike, and that repeat themselves: prefixes are reused and guesses are made. */
const PROMPTS = [
  "abcabcabcabcabcabcabcabc",
  "abcabcabcabcabcabcabcabcabcabcXYZ",
  "one, two, three, ".repeat(6),
  "Once",
];

/** A client: when it asks for what, and when it goes if it has not been answered by then. */
interface Client {
  readonly at: string;
  readonly prompt: string;
  readonly tokens: number;
  readonly after: number;
  readonly stays: number;
  readonly name: string;
}

const client: fc.Arbitrary<Client> = fc.record({
  at: fc.constantFrom(...DEVICES),
  prompt: fc.constantFrom(...PROMPTS),
  tokens: fc.integer({ min: 1, max: 24 }),
  after: fc.integer({ min: 0, max: 300 }),
  stays: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 1500 }), fc.constant(Infinity)),
  name: fc.constantFrom("x", "y"),
});

/** What is left of answers on a device. */
interface Left {
  readonly answers: readonly string[];
  readonly looks: readonly ExecutorLook[];
}

async function leftOn(mesh: SimulatedMesh, id: string): Promise<Left> {
  const { system, view } = mesh.device(id);
  const answers = system.inspect.snapshot().map(({ path }) => path).filter((path) =>
    /(conversation|answer)-/.test(path)
  );
  const own = defined(planOf((await view()).state)).segments.filter(({ device }) => device === id);
  const looks = await Promise.all(own.map(async ({ ref }) => {
    const make = (replyTo: Ref<Reply<ExecutorLook>>) => ({ type: "look" as const, replyTo });
    const outcome = await system.ask(ref as Ref<ExecutorMessage>, make, { timeoutMs: 1000 });
    assert.equal(outcome.type, "reply");
    return (outcome as Extract<typeof outcome, { type: "reply" }>).value;
  }));
  return { answers, looks };
}

function isNothing({ answers, looks }: Left): boolean {
  return answers.length === 0 && looks.every(({ slots, tokens, waiting, queued }) => {
    return slots.taken + waiting + queued.decode + queued.prefill + defined(tokens).taken === 0;
  });
}

/** Has the clients come and go; those that stay get their answers, and then nothing is left of any. */
async function comeAndGo(mesh: SimulatedMesh, clients: readonly Client[]): Promise<void> {
  const { clock } = mesh;
  const come = clients.map(({ at, prompt, tokens, after, stays, name }) => {
    const visit: { answer?: SimulatedAnswer; gone: boolean } = { gone: false };
    clock.after(after, () => visit.answer = mesh.ask(at, prompt, tokens, { client: name }));
    if (stays < Infinity) {
      clock.after(after + stays, () => {
        visit.gone = visit.answer?.over === false;
        visit.answer?.leave();
      });
    }
    return visit;
  });
  await mesh.until(() => come.every(({ answer, gone }) => gone || answer?.over === true));
  for (const [index, { answer, gone }] of come.entries()) {
    const { prompt, tokens } = defined(clients[index]);
    if (!gone) assert.equal(defined(answer).text, mesh.expected(prompt, tokens));
  }
  try {
    await mesh.until(async () => (await Promise.all(DEVICES.map((id) => leftOn(mesh, id)))).every(isNothing), 20_000);
  } catch {
    assert.deepEqual(await Promise.all(DEVICES.map((id) => leftOn(mesh, id))), [], "something is left");
  }
}

for (const concurrency of [1, 3]) {
  test(`readers come and go at any moment, ${concurrency} answered at once, and nothing of them stays`, async () => {
    const policy = { concurrency, cacheTokens: 700 };
    await using mesh = await simulatedMesh(DEVICES, { layers: 4, policy, speculates: true });
    await fc.assert(
      fc.asyncProperty(fc.array(client, { minLength: 1, maxLength: 10 }), (clients) => comeAndGo(mesh, clients)),
      { numRuns: 8, endOnFailure: true },
    );
  });
}
