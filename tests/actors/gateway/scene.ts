/**
 * A gateway at work without a mesh: the device "here" takes prompts, and on the others stand supervisors that do as the
 * test says. What crosses between them is real frames, checked as ever.
 */
import type { ConversationEvent, ConversationMessage } from "../../../actors/conversation/protocol.ts";
import { gatewayOf, SUPERVISOR } from "../../../actors/addresses.ts";
import { answers } from "../../../actors/gateway/answers.ts";
import { gateway } from "../../../actors/gateway/behaviour.ts";
import type { AnswerEvent, PromptRequest } from "../../../actors/gateway/protocol.ts";
import { Served } from "../../../actors/gateway/served.ts";
import { type ActivePlan, type MeshState, noModels } from "../../../actors/plan.ts";
import {
  acceptSupervisorMessage,
  type ConverseMessage,
  type MeshView,
  type SupervisorMessage,
} from "../../../actors/supervisor/protocol.ts";
import type { Weigh, Weighed } from "../../../actors/weighing.ts";
import { defaultSampling } from "../../../models/sampling/mod.ts";
import { createLoopback, type Loopback } from "../../../runtime/actor/loopback.ts";
import {
  type ActorSystem,
  type Behaviour,
  createActorSystem,
  type Message,
  next,
  type Ref,
  reply,
} from "../../../runtime/actor/mod.ts";
import { type SimulatedClock, simulatedClock } from "../../../runtime/clock.ts";
import { defined } from "../defined.ts";
import { recorder } from "../recorder.ts";

/** What conversations say. */
export const STARTED: ConversationEvent = { type: "started", promptTokens: 3 };
export const piece = (token: number, text: string): ConversationEvent => ({ type: "piece", tokens: [token], text });

/** Whether a conversation was told that it is not wanted any more. */
export const isCancelled = ({ heard }: Asked): boolean => heard.some(({ type }) => type === "cancel");

/** What the reader has heard, in short. */
export const typesOf = ({ events }: Asking): string[] => events.map(({ type }) => type);

/** Why an answer failed, if it did. */
export function failureOf({ events }: Asking): { readonly code: string; readonly message: string } | undefined {
  const last = events.at(-1);
  return last?.type === "failed" ? { code: last.code, message: last.message } : undefined;
}

/** How a supervisor answers those who want a conversation. */
export type Manners = "conversing" | "declined" | "silent";

/** A conversation that a supervisor was asked for. */
export interface Asked {
  readonly device: string;
  readonly message: ConverseMessage;
  /** What the conversation was told. */
  readonly heard: readonly ConversationMessage[];
  /** Has the conversation tell its answer something. */
  says(event: ConversationEvent): void;
  /** Has a supervisor that was silent answer after all. */
  answers(): void;
}

/** A prompt under way. */
export interface Asking {
  readonly events: readonly AnswerEvent[];
  readonly text: string;
  /** The reader goes. */
  leave(): void;
}

export interface Scene extends AsyncDisposable {
  readonly clock: SimulatedClock;
  readonly network: Loopback;
  readonly system: ActorSystem;
  readonly served: Served;
  /** The actors of another device. */
  at(device: string): ActorSystem;
  /** What the supervisors were asked for, in order. */
  readonly asked: readonly Asked[];
  /** The latest of them. */
  readonly last: Asked;
  manners: Manners;
  /** What the supervisors say of prompts that they are to weigh; undefined: nothing, ever. */
  weighed: Weighed | undefined;
  /** How many answers are under way where it is only asked for that. */
  counted: number;
  /** The prompts that they were to weigh. */
  readonly weighings: readonly Weigh[];
  /** What the supervisor of this device knows of a leader. */
  leader: string | undefined;
  /** The leader has published something. */
  publish(...plans: readonly ActivePlan[]): Promise<void>;
  state(state: MeshState): Promise<void>;
  ask(model?: string): Promise<Asking>;
  /** Lets all that is under way arrive; no time passes. */
  calm(): Promise<void>;
  /** Lets time pass, and what follows from it arrive. */
  pass(milliseconds: number): Promise<void>;
}

/** A plan of two segments, of which the first is at `device`. */
export function planAt(device: string, epoch = 1, name = "story"): ActivePlan {
  const ref = (where: string) =>
    ({ device: where, path: "/supervisor/executor-1", incarnation: "0123456789abcd.1", channel: "tensors" }) as const;
  return {
    number: { term: 1, epoch },
    model: { id: name.padEnd(64, "0").replaceAll(/[^0-9a-f]/g, "a"), name, blocks: 4 },
    planner: "even",
    context: 128,
    concurrency: 2,
    segments: [
      { device, name: device, first: 0, last: 1, bytes: 1, ref: ref(device) },
      { device: "tail", name: "tail", first: 2, last: 3, bytes: 1, ref: ref("tail") },
    ],
  };
}

export const PROMPT: PromptRequest["request"] = {
  prompt: { type: "text", text: "Once" },
  sampling: { ...defaultSampling, temperature: 0 },
  maxTokens: 16,
  stop: [],
};

/** Other actors of the device "here", by name. */
export type Extras = Readonly<Record<string, Behaviour<unknown, Message>>>;

/** Turns of the event loop in which a question crosses to another device and what follows from its answer is done. */
const ROUNDS = 40;

/** Sets the scene. `largest` is what a frame may take, in bytes. */
export async function scene(
  devices: readonly string[] = ["there"],
  largest = 1024 * 1024,
  extras: Extras = {},
): Promise<Scene> {
  const clock = simulatedClock();
  const network = createLoopback({ largest: { control: largest, tensors: 1024 * 1024 } });
  const served = new Served();
  const system = createActorSystem({ device: "here", clock, transport: network.join("here") });
  const asked: Asked[] = [];
  let mesh: MeshState = noModels("The devices are choosing a leader.");
  const view = (): MeshView => ({ leader: stage.leader, term: 1, state: mesh });
  const cast = { gateway: gateway({ clock, served }), ...extras };
  const others = devices.map((device) => {
    const other = createActorSystem({ device, clock, transport: network.join(device) });
    other.spawn(supervisor(other, asked, () => stage, view, {}), { name: SUPERVISOR });
    return other;
  });
  const stage: Scene = {
    clock,
    network,
    system,
    served,
    at: (device) => defined(others.find((other) => other.device === device)),
    asked,
    get last() {
      return defined(asked.at(-1));
    },
    manners: "conversing",
    weighed: undefined,
    counted: 0,
    weighings: [],
    leader: "here",
    publish: (...plans) =>
      stage.state({ models: plans.map((plan) => ({ type: "active", plan })), reason: "There is no model." }),
    async state(state) {
      mesh = state;
      system.tell(gatewayOf("here"), { type: "state", leader: "here", state });
      await stage.calm();
    },
    async ask(model) {
      const asking = startAsking(system, { request: PROMPT, model });
      await stage.calm();
      return asking;
    },
    async calm() {
      for (let round = 0; round < ROUNDS; round++) await new Promise((resolve) => setImmediate(resolve));
    },
    async pass(milliseconds) {
      await stage.calm();
      await clock.advance(milliseconds);
      await stage.calm();
    },
    async [Symbol.asyncDispose]() {
      for (const each of [system, ...others]) await each.stop();
    },
  };
  system.spawn(supervisor(system, asked, () => stage, view, cast), { name: SUPERVISOR });
  await stage.calm();
  return stage;
}

function supervisor(
  system: ActorSystem,
  asked: Asked[],
  stage: () => Scene,
  view: () => MeshView,
  cast: Extras,
): Behaviour<null, SupervisorMessage> {
  return {
    accepts: acceptSupervisorMessage,
    start(context) {
      for (const [name, behaviour] of Object.entries(cast)) context.spawn(behaviour, { name });
      return null;
    },
    receive(state, message, context) {
      const { manners, weighed, counted, weighings } = stage();
      if (message.type === "weigh") {
        (weighings as Weigh[]).push(message);
        const answer: Weighed | undefined = message.prompt === undefined
          ? { type: "counted", underway: counted }
          : weighed;
        if (answer !== undefined) reply(context, message.replyTo, answer);
      }
      if (message.type === "mesh" && manners !== "silent") reply(context, message.replyTo, view());
      if (message.type === "held") reply(context, message.replyTo, { leader: "here", term: 1, segments: [] });
      if (message.type !== "converse") return next(state);
      const probe = recorder<ConversationMessage>();
      const conversation: Ref<ConversationMessage> = context.spawn(probe.behaviour, {
        name: `conversation-${message.id}`,
      });
      const answers = () => reply(system, message.replyTo, { type: "conversing", conversation });
      asked.push({
        device: system.device,
        message,
        heard: probe.heard,
        says: (event) => system.tell(message.answer, { type: "conversation", id: message.id, conversation, event }),
        answers,
      });
      if (manners === "conversing") answers();
      if (manners === "declined") reply(context, message.replyTo, { type: "declined", reason: "it is busy" });
      return next(state);
    },
  };
}

function startAsking(system: ActorSystem, prompt: PromptRequest): Asking {
  const events: AnswerEvent[] = [];
  const gone = new AbortController();
  const signals = { gone: gone.signal, closing: new AbortController().signal };
  void (async () => {
    for await (const event of answers(system, "here", prompt, signals)) events.push(event);
  })();
  return {
    events,
    get text() {
      return events.map((event) => event.type === "text" ? event.text : "").join("");
    },
    leave: () => gone.abort(),
  };
}
