/** A conversation on a device of its own, between probes of the first segment and of the answer. */
import type { Forward } from "../../actors/pipeline.ts";
import { conversation, type ConversationOptions } from "../../actors/conversation/behaviour.ts";
import type { Language } from "../../actors/conversation/language.ts";
import type {
  AnswerRequest,
  ConversationEvent,
  ConversationMessage,
  FromConversation,
} from "../../actors/conversation/protocol.ts";
import type { LenderMessage } from "../../actors/executor/heritage-protocol.ts";
import type { SegmentMessage } from "../../actors/pipeline.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { createLoopback, type Loopback } from "../../runtime/actor/loopback.ts";
import { type ActorSystem, createActorSystem, type Ref } from "../../runtime/actor/mod.ts";
import { type SimulatedClock, simulatedClock } from "../../runtime/clock.ts";
import { spawnChild } from "./child.ts";
import { defined } from "./defined.ts";
import { fakeLanguage } from "./mesh/fake-language.ts";
import { fakeManifest } from "./mesh/fake-model.ts";
import { type Recorder, recorder } from "./recorder.ts";

/** What a conversation is to do, where that is not the usual. */
export interface Wanted {
  readonly prompt?: string;
  readonly request?: Partial<AnswerRequest>;
  readonly progress?: Partial<ConversationOptions["progress"]>;
  readonly language?: (language: Language) => Language;
  /** A device that is out of reach from the beginning. */
  readonly without?: string;
  /** Whether the first segment has ended before. */
  readonly late?: boolean;
}

export interface ConversationScene {
  readonly clock: SimulatedClock;
  readonly network: Loopback;
  readonly ref: Ref<ConversationMessage>;
  readonly first: Recorder<SegmentMessage | LenderMessage>;
  readonly answer: Recorder<FromConversation>;
  /** What the answer was told. */
  events(): ConversationEvent[];
  /** How the conversation ended. */
  readonly ends: readonly string[];
  tell(message: ConversationMessage, from?: string): Promise<void>;
  stop(): Promise<void>;
}

/** Positions that a sequence can have. */
export const CONTEXT = 1000;

/** A conversation on device "a", whose plan goes on over "b" and "c" and whose answer is on "r". */
export async function scene(wanted: Wanted, action: (scene: ConversationScene) => Promise<void>): Promise<void> {
  const clock = simulatedClock();
  const network = createLoopback();
  const systems = new Map(["a", "b", "c", "r"].map((device) => {
    return [device, createActorSystem({ device, clock, transport: network.join(device), graceMs: 10 })];
  }));
  const system = (device: string): ActorSystem => defined(systems.get(device));
  const first = recorder<SegmentMessage | LenderMessage>();
  const answer = recorder<FromConversation>();
  const living = system("a").spawn(first.behaviour, { name: "first" });
  const segment = wanted.late === true ? { ...living, incarnation: "earlier" } : living;
  const answerRef = system("r").spawn(answer.behaviour, { name: "answer" });
  if (wanted.without !== undefined) network.disconnect("a", wanted.without);
  const behaviour = conversation(await optionsOf(wanted, segment, answerRef));
  const { ref, ends, stop } = await spawnChild(system("a"), behaviour, { name: "conversation" });
  await clock.advance(1);
  try {
    await action({
      ...{ clock, network, ref, first, answer, ends },
      events: () => answer.heard.map(({ event }) => event),
      async tell(message, from = "a") {
        system(from).tell(ref, message);
        await clock.advance(1);
      },
      async stop() {
        stop();
        await clock.advance(1);
      },
    });
  } finally {
    for (const system of systems.values()) await system.stop();
  }
}

async function optionsOf(
  wanted: Wanted,
  segment: Ref<SegmentMessage | LenderMessage>,
  answer: Ref<FromConversation>,
): Promise<ConversationOptions> {
  const manifest = fakeManifest(1);
  const language = await fakeLanguage(manifest);
  const elsewhere = (device: string) => ({ device, path: "/x", incarnation: "1", channel: "tensors" as const });
  const plan: ActivePlan = {
    number: { term: 1, epoch: 1 },
    model: { id: manifest.id, name: "numbers", blocks: 3 },
    planner: "even",
    context: CONTEXT,
    concurrency: 1,
    segments: [segment, elsewhere("b"), elsewhere("c")].map((ref, at) => {
      return { device: ref.device, name: `the ${ref.device}`, first: at, last: at, bytes: 0, ref };
    }),
  };
  return {
    id: "one",
    plan,
    request: {
      prompt: { type: "text", text: wanted.prompt ?? "Hello" },
      sampling: defaultSampling,
      maxTokens: 100,
      stop: [],
      ...wanted.request,
    },
    progress: { generated: [], sent: 0, ...wanted.progress },
    answer,
    language: wanted.language?.(language) ?? language,
  };
}

/** The number that the first segment gives. */
export const SEQUENCE = 77;
export const seated = { type: "seated", sequence: SEQUENCE } as const;
export const draw = (position: number, character: string) => {
  return { type: "sampled", position, tokens: [character.charCodeAt(0)] } as const;
};
export const rows = (forwards: readonly Forward[]) => {
  return forwards.map(({ sequences, positions, samples, tokens }) => {
    return { sequence: sequences[0], position: positions[0], tokens: [...tokens], sample: samples[0] === 1 };
  });
};
export const types = ({ first }: ConversationScene) => first.heard.map(({ type }) => type).join(" ");
export const last = (scene: ConversationScene) => scene.events().at(-1);
