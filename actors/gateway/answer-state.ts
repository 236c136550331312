/** What an answer is made of and what it keeps. */
import type { Context, Ref } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ConversationMessage, FromConversation } from "../conversation/protocol.ts";
import type { Announce } from "../events.ts";
import type { ActivePlan, MeshState } from "../plan.ts";
import type { Weighed } from "../weighing.ts";
import type { Wanted } from "./choosing.ts";
import type { Chosen } from "./chosen.ts";
import { Arrivals } from "./giving-way.ts";
import type { LevelExperience } from "./level-experience.ts";
import type { AnswerEvent, AnswerListener, PromptRequest, Timings } from "./protocol.ts";
import type { Served } from "./served.ts";
import type { TracedAnswer, Traces } from "./traces.ts";
import type { TokenBytes } from "./token-bytes.ts";
import type { UnderwayHere } from "./underway.ts";

/** What an answer is told. */
export type AnswerMessage =
  | FromConversation
  /** From its own clock: time for another attempt. */
  | { readonly type: "try" }
  /** From its own ask: the conversation of an attempt lives, or was not to be had, for good or for now. */
  | { readonly type: "conversing"; readonly attempt: number; readonly ref: Ref<ConversationMessage> }
  | { readonly type: "declined"; readonly attempt: number; readonly reason: string }
  | { readonly type: "too-large"; readonly attempt: number }
  /** From its own ask: what is known of the prompt before a level is chosen. */
  | { readonly type: "weighed"; readonly attempt: number; readonly plan: ActivePlan; readonly weighed: Weighed }
  /** From its own clock: the token that was to be the last under a plan that has given way is late. */
  | { readonly type: "give-way" }
  /** The connection to a device on which a conversation was is lost. */
  | { readonly type: "device-lost"; readonly device: string }
  /** From the gateway: what the mesh can do now. */
  | { readonly type: "state"; readonly state: MeshState }
  /** From its reader's connection: nobody reads any more. */
  | { readonly type: "gone" };

/** What an answer is made of. */
export interface AnswerOptions {
  readonly clock: Clock;
  /** How answers that entered here went. */
  readonly served: Served;
  readonly traces: Traces;
  /** The answers under way that entered here. */
  readonly underway: UnderwayHere;
  /** What answers that entered here took, by level. */
  readonly levels: LevelExperience;
  /** How long tokens of prompts were. */
  readonly tokenBytes: TokenBytes;
  /** Hears how it gets on. */
  readonly announce: Announce;
  readonly prompt: PromptRequest;
  readonly listener: AnswerListener;
  /** What the mesh can do when the prompt comes. */
  readonly mesh: MeshState;
  /** Of this answer; the ids of its conversations begin with it. */
  readonly id: string;
}

export interface AnswerState {
  /** What is remembered of it. */
  readonly traced: TracedAnswer;
  /** For the last word to a conversation, when there is no turn any more. */
  readonly context: AnswerContext;
  readonly beganAt: number;
  mesh: MeshState;
  readonly generated: number[];
  /** Guesses that became tokens of the answer, and those that did not. */
  readonly guessed: { accepted: number; rejected: number };
  /** Characters that the reader has. */
  sent: number;
  promptTokens: number;
  /** Whether its sequence shares kernels, and has to wherever it is taken up. */
  shared: boolean;
  /** Of these, what the caches held already. */
  cachedTokens: number;
  /** Whether the reader has been told that the answer began. */
  started: boolean;
  firstTokenAt: number | undefined;
  /** Since when there has been no conversation that does well; undefined while there is one. */
  troubledSince: number | undefined;
  /** Attempts so far. */
  attempts: number;
  /** The attempt that counts: its conversation's id ends in it. Undefined between two: what earlier ones say is not heard. */
  current: number | undefined;
  /** Calls off what is to be tried again later; present between two attempts. */
  later: (() => void) | undefined;
  /** How the tokens of its conversation come. */
  readonly arrivals: Arrivals;
  /** Calls off leaving a plan that has given way; present while it goes on there for one more token. */
  givingWay: (() => void) | undefined;
  /** Whether it waits for a plan, and not for a moment to pass. */
  planless: boolean;
  /** Conversations that began. */
  conversations: number;
  plan: ActivePlan | undefined;
  /** At which level it is made, of which model; undefined where it has no target, or that is not chosen yet. */
  chosen: (Chosen & { readonly model: string }) | undefined;
  /** What it was chosen by, where nobody had counted the prompt's tokens. */
  estimate: Omit<Wanted, "ways"> | undefined;
  /** What it found under way when its first conversation was asked for, and how long after its prompt had come that was. */
  found: Pick<Wanted, "underway" | "spent"> | undefined;
  conversation: { readonly ref: Ref<ConversationMessage>; readonly since: number } | undefined;
  /** Why the last attempt failed. */
  reason: string;
  /** When it was last told how far the answer is. */
  toldAt: number;
  /** Whether the reader has had the last word, or has gone. */
  over: boolean;
}

export type AnswerContext = Context<AnswerMessage>;

/** The state of an answer whose prompt has just come. */
export function newAnswer(
  { clock, mesh, traces, id, prompt }: AnswerOptions,
  context: AnswerContext,
): AnswerState {
  const now = clock.now();
  return {
    traced: traces.begin(id, prompt.model ?? "", Date.now(), now),
    context,
    beganAt: now,
    mesh,
    generated: [],
    guessed: { accepted: 0, rejected: 0 },
    sent: 0,
    promptTokens: 0,
    shared: false,
    cachedTokens: 0,
    started: false,
    firstTokenAt: undefined,
    troubledSince: now,
    attempts: 0,
    current: undefined,
    later: undefined,
    arrivals: new Arrivals(clock),
    givingWay: undefined,
    planless: false,
    conversations: 0,
    plan: undefined,
    chosen: undefined,
    estimate: undefined,
    found: undefined,
    conversation: undefined,
    reason: "",
    toldAt: now,
    over: false,
  };
}

/** Tells the reader something, and notes whether that was all. */
export function say(state: AnswerState, { listener }: AnswerOptions, event: AnswerEvent): void {
  state.over = event.type === "finished" || event.type === "failed";
  listener.onEvent(event);
}

/** How long the answer has taken so far. */
export function timingsOf(state: AnswerState, now: number): Timings {
  const { accepted, rejected } = state.guessed;
  return {
    promptTokens: state.promptTokens,
    cachedTokens: state.cachedTokens,
    completionTokens: state.generated.length,
    timeToFirstTokenMilliseconds: (state.firstTokenAt ?? now) - state.beganAt,
    totalMilliseconds: now - state.beganAt,
    conversations: state.conversations,
    ...(accepted + rejected === 0 ? {} : { guessed: { accepted, rejected } }),
  };
}
