/**
 * A pipeline of three segments on three devices in one process, with nothing around it: no leader, no plan that changes.
 * Executors and conversations run as they are, over real frames; time is simulated and computing is arithmetic.
 */
import { conversation, type ConversationOptions } from "../../../actors/conversation/behaviour.ts";
import type {
  ConversationEvent,
  ConversationMessage,
  FromConversation,
  Progress,
} from "../../../actors/conversation/protocol.ts";
import { executor } from "../../../actors/executor/behaviour.ts";
import type { ExecutorLook, ExecutorMessage } from "../../../actors/executor/protocol.ts";
import type { ActivePlan } from "../../../actors/plan.ts";
import { defaultSampling } from "../../../models/sampling/mod.ts";
import { createLoopback, type Loopback } from "../../../runtime/actor/loopback.ts";
import { type ActorSystem, createActorSystem, type Ref, type Reply } from "../../../runtime/actor/mod.ts";
import { type SimulatedClock, simulatedClock } from "../../../runtime/clock.ts";
import { type Child, spawnChild } from "../child.ts";
import { defined } from "../defined.ts";
import { recorder } from "../recorder.ts";
import { expectedTokens, type FakeCompute, fakeCompute, WIDTH } from "./fake-compute.ts";
import { fakeLanguage, idsOf } from "./fake-language.ts";
import { fakeManifest, VOCABULARY } from "./fake-model.ts";
import type { BlockFiles } from "../../../models/compute/mod.ts";

const LAYERS = 4;
const LEVELS = 4;
/** The blocks of each device: the embedding and a layer, two layers, a layer and the head. */
const CUTS: Readonly<Record<string, readonly [number, number]>> = { a: [0, 1], b: [2, 3], c: [4, 5] };
const CONTEXT = 600;
const MANIFEST = fakeManifest(LAYERS);

/** A conversation and what its answer, on device "c", has heard. */
export interface Told {
  readonly ref: Ref<ConversationMessage>;
  /** What was drawn and how many characters were told. */
  progress(): Progress;
  text(): string;
  /** The last word: "finished", "broken", "rejected"; undefined before. */
  end(): string | undefined;
  stop(): void;
}

export interface SimulatedPipeline extends AsyncDisposable {
  readonly clock: SimulatedClock;
  readonly network: Loopback;
  readonly compute: Readonly<Record<string, FakeCompute>>;
  readonly systems: ReadonlyMap<string, ActorSystem>;
  /** Starts a conversation on the first segment's device. */
  converse(prompt: string, maxTokens: number, progress?: Progress, level?: number): Promise<Told>;
  /** Starts executors in place of those that have ended. */
  mend(): Promise<void>;
  /** Has the segment of a device mirrored on another one. */
  mirror(of: string, on: string): Promise<void>;
  /** Conversations that are started from now on run the mirror of a device's segment in its place. */
  promote(of: string): Promise<void>;
  /** Positions that the mirror of a device's segment does not hold. */
  behind(of: string): Promise<number>;
  /** Slots that are taken, or sequences that wait, anywhere. */
  busy(): Promise<number>;
  /** Moves time on until the condition holds. Throws after so many milliseconds. */
  until(condition: () => boolean | Promise<boolean>, milliseconds?: number): Promise<void>;
  expected(prompt: string, tokens: number, level?: number): string;
}

/** Starts devices "a", "b" and "c" with a segment each. */
export async function simulatedPipeline(slots: number): Promise<SimulatedPipeline> {
  const clock = simulatedClock();
  const network = createLoopback();
  const systems = new Map(
    Object.keys(CUTS).map((device) => {
      return [device, createActorSystem({ device, clock, transport: network.join(device), graceMs: 10 })];
    }),
  );
  const compute: Record<string, FakeCompute> = {};
  for (const device of systems.keys()) {
    compute[device] = fakeCompute({ clock, vocabulary: VOCABULARY, stepMilliseconds: 5, loadMilliseconds: 0 });
  }
  /** By the device that the segment was on first. */
  const executors = new Map<string, Placed>();
  const mirrors = new Map<string, Placed>();
  const language = await fakeLanguage(MANIFEST);
  let started = 0;
  const pipeline: SimulatedPipeline = {
    ...{ clock, network, systems, compute },
    async mend() {
      for (const [device, system] of systems) {
        if (executors.get(device)?.child.ends.length === 0) continue;
        const around = { clock, compute, slots, name: `executor-${++started}` };
        executors.set(device, { device, child: await startExecutor(device, device, system, around) });
      }
    },
    async mirror(of, on) {
      const around = { clock, compute, slots, name: `mirror-${++started}` };
      const system = defined(systems.get(on));
      const child = await startExecutor(of, on, system, around);
      const source = defined(executors.get(of));
      mirrors.set(of, { device: on, child });
      system.tell(child.ref, { type: "follow", source: source.child.ref });
      defined(systems.get(source.device)).tell(source.child.ref, { type: "mirror", to: child.ref });
      await clock.advance(1);
    },
    async promote(of) {
      const { device, child } = defined(mirrors.get(of));
      executors.set(of, { device, child });
      defined(systems.get(device)).tell(child.ref, { type: "follow", source: undefined });
      await clock.advance(1);
    },
    async behind(of) {
      const { device, child } = defined(executors.get(of));
      return (await look(defined(systems.get(device)), child.ref)).unmirrored ?? 0;
    },
    async converse(prompt, maxTokens, progress = { generated: [], sent: 0 }, level) {
      const plan = planOf([...executors.values()].map(({ device, child: { ref } }) => ({ device, ref })));
      const known = { id: `one-${++started}`, plan, language, progress };
      return await startConversation(known, systems, { prompt, maxTokens, level });
    },
    async busy() {
      let busy = 0;
      for (const { device, child: { ref } } of executors.values()) {
        const { slots, waiting } = await look(defined(systems.get(device)), ref);
        busy += slots.taken + waiting;
      }
      return busy;
    },
    async until(condition, milliseconds = 70_000) {
      for (const end = clock.now() + milliseconds; !(await condition()); await clock.advance(5)) {
        if (clock.now() >= end) throw new Error(`waited ${milliseconds} simulated milliseconds in vain`);
      }
    },
    expected(prompt, tokens, level) {
      const ids = idsOf(prompt);
      const { push, flush } = language.tokenizer.detokenizer({ after: ids });
      return expectedTokens(ids, tokens, LAYERS, VOCABULARY, level).map((id) => push(id)).join("") + flush();
    },
    async [Symbol.asyncDispose]() {
      for (const system of systems.values()) await system.stop();
    },
  };
  await pipeline.mend();
  return pipeline;
}

/** A conversation's last words. */
const ENDS: ReadonlySet<ConversationEvent["type"]> = new Set(["finished", "rejected", "broken", "stalled"]);

interface Placed {
  readonly device: string;
  readonly child: Child<ExecutorMessage>;
}

interface Surroundings {
  readonly clock: SimulatedClock;
  readonly compute: Readonly<Record<string, FakeCompute>>;
  readonly slots: number;
  readonly name: string;
}

async function startExecutor(
  cut: string,
  device: string,
  system: ActorSystem,
  { clock, compute, slots, name }: Surroundings,
): Promise<Child<ExecutorMessage>> {
  const [first, last] = defined(CUTS[cut]);
  const blocks = MANIFEST.blocks.slice(first, last + 1).map(({ index, kind }): BlockFiles => {
    return kind === "embed"
      ? { index, kind, table: "F32" as const, weights: "" }
      : { index, kind, graph: "", sha256: "" } as BlockFiles;
  });
  const { architecture } = MANIFEST;
  const opening = defined(compute[device]).open({ architecture, blocks, context: CONTEXT, slots });
  await clock.advance(1);
  const behaviour = executor({
    segment: await opening,
    clock,
    onStep: () => {},
    width: WIDTH,
    vocabulary: VOCABULARY,
    positionBytes: 16,
    context: CONTEXT,
    slots,
    levels: LEVELS,
    embeds: first === 0,
    samples: last === MANIFEST.blocks.length - 1,
  });
  return await spawnChild(system, behaviour, { name, channel: "tensors" });
}

function planOf(segments: readonly { readonly device: string; readonly ref: Ref<ExecutorMessage> }[]): ActivePlan {
  return {
    number: { term: 1, epoch: 1 },
    model: { id: MANIFEST.id, name: MANIFEST.name, blocks: MANIFEST.blocks.length },
    planner: "even",
    context: CONTEXT,
    concurrency: 1,
    segments: segments.map(({ device, ref }) => ({ device, name: device, first: 0, last: 0, bytes: 0, ref })),
  };
}

interface Asked {
  readonly prompt: string;
  readonly maxTokens: number;
  readonly level: number | undefined;
}

async function startConversation(
  known: Pick<ConversationOptions, "id" | "plan" | "language" | "progress">,
  systems: ReadonlyMap<string, ActorSystem>,
  { prompt, maxTokens, level }: Asked,
): Promise<Told> {
  const heard = recorder<FromConversation>();
  const answer = defined(systems.get("c")).spawn(heard.behaviour, { name: `answer-${known.id}` });
  const sampling = { ...defaultSampling, temperature: 0 };
  const request = { prompt: { type: "text" as const, text: prompt }, sampling, maxTokens, level, stop: [] };
  // Tokens that run are counted.
  const behaviour = conversation({ ...known, request, answer, speculates: false });
  const first = defined(known.plan.segments[0]).device;
  const child = await spawnChild(defined(systems.get(first)), behaviour, { name: `conversation-${known.id}` });
  return toldBy(child, heard.heard, known.progress);
}

function toldBy(
  { ref, stop }: Child<ConversationMessage>,
  heard: readonly FromConversation[],
  { generated, sent }: Progress,
): Told {
  const pieces = () => heard.map(({ event }) => event).filter((event) => "text" in event);
  const text = () => pieces().map(({ text }) => text).join("");
  return {
    ...{ ref, stop, text },
    progress: () => ({
      generated: [...generated, ...pieces().flatMap(({ tokens }) => tokens)],
      sent: sent + text().length,
    }),
    end: () => heard.map(({ event }) => event.type).find((type) => ENDS.has(type)),
  };
}

async function look(system: ActorSystem, ref: Ref<ExecutorMessage>): Promise<ExecutorLook> {
  const make = (replyTo: Ref<Reply<ExecutorLook>>) => ({ type: "look" as const, replyTo });
  const outcome = await system.ask(ref, make, { timeoutMs: 1000 });
  if (outcome.type !== "reply") throw new Error(outcome.reason);
  return outcome.value;
}
