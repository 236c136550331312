/**
 * One prompt being answered, as its reader sees it. The answer keeps the prompt, the tokens drawn and the text sent; when a
 * conversation or a segment dies it starts a new conversation that goes on from the next token. The reader sees a pause.
 */
import * as v from "valibot";
import { type Behaviour, type Context, type Next, next, type Ref, type Reply, stop } from "../../runtime/actor/mod.ts";
import { supervisorOf } from "../addresses.ts";
import {
  type AnswerRequest,
  type ConversationEvent,
  type ConversationMessage,
  type FinishReason,
  FromConversation,
  type Rejection,
} from "../conversation/protocol.ts";
import type { Device } from "../device.ts";
import { type ActivePlan, type MeshState, standingOf } from "../plan.ts";
import { Conversing } from "../supervisor/protocol.ts";
import { accepting } from "../wire.ts";
import type { AnswerListener } from "./behaviour.ts";

/** How long an answer goes on trying without one new token before its reader gets an error. */
const PATIENCE_MILLISECONDS = 60_000;
/** The same before the first token, where the mesh has no plan: nobody has read anything yet, so the word comes early. */
const NO_PLAN_PATIENCE_MILLISECONDS = 15_000;
/** Between two tries. */
const RETRY_MILLISECONDS = 100;
/** How long a device may take to start a conversation: it tokenises the prompt meanwhile. */
const CONVERSE_MILLISECONDS = 10_000;

/** What a reader is told. */
export type AnswerEvent =
  | { readonly type: "started"; readonly promptTokens: number; readonly plan: ActivePlan }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "finished"; readonly reason: FinishReason; readonly timings: Timings; readonly plan: ActivePlan }
  | {
    readonly type: "failed";
    readonly code: Rejection | "no_plan" | "interrupted" | "overloaded";
    readonly message: string;
  };

/** How long an answer took. Milliseconds, from the prompt's arrival at the gateway. */
export interface Timings {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** To the first token. */
  readonly timeToFirstTokenMilliseconds: number;
  /** To the last. */
  readonly totalMilliseconds: number;
  /** Conversations that it took: more than 1 where a device was lost on the way. */
  readonly conversations: number;
}

/** What an answer is told. */
export type AnswerMessage =
  | FromConversation
  | { readonly type: "try" }
  | { readonly type: "conversing"; readonly attempt: number; readonly ref: Ref<ConversationMessage> }
  | { readonly type: "declined"; readonly attempt: number; readonly reason: string }
  | { readonly type: "lost"; readonly attempt: number; readonly reason: string }
  | { readonly type: "gone" };

/** What an answer is made of. */
export interface AnswerOptions {
  readonly device: Device;
  readonly request: AnswerRequest;
  readonly listener: AnswerListener;
  /** What the mesh can do right now. */
  readonly mesh: () => MeshState;
}

interface AnswerState {
  readonly beganAt: number;
  readonly generated: number[];
  /** Characters that the reader has. */
  sent: number;
  promptTokens: number;
  started: boolean;
  firstTokenAt: number | undefined;
  /** When there was last something new, or the prompt came. */
  newsAt: number;
  /** Tries so far; the id of the current conversation ends in it. */
  attempt: number;
  /** Conversations that began. */
  conversations: number;
  plan: ActivePlan | undefined;
  conversation: Ref<ConversationMessage> | undefined;
  /** Why the last try failed. */
  reason: string;
}

/** Makes the behaviour of an answer. */
export function answer(options: AnswerOptions): Behaviour<AnswerState, AnswerMessage> {
  const { device, request, listener } = options;
  const id = crypto.randomUUID();
  return {
    accepts: accepting<AnswerMessage>(FromConversation),
    start(context) {
      const beganAt = device.clock.now();
      const onAbort = () => context.tell(context.self, { type: "gone" });
      listener.signal.addEventListener("abort", onAbort, { once: true });
      context.signal.addEventListener("abort", () => listener.signal.removeEventListener("abort", onAbort));
      context.tell(context.self, { type: "try" });
      return {
        beganAt,
        generated: [],
        sent: 0,
        promptTokens: 0,
        started: false,
        firstTokenAt: undefined,
        newsAt: beganAt,
        attempt: 0,
        conversations: 0,
        plan: undefined,
        conversation: undefined,
        reason: "",
      };
    },
    receive(state, message, context) {
      switch (message.type) {
        case "try":
          return attempt(state, context);
        case "conversing":
          if (message.attempt !== state.attempt) return next(state);
          state.conversation = message.ref;
          context.watch(message.ref, ({ reason, detail }) => {
            return {
              type: "lost",
              attempt: message.attempt,
              reason: `the conversation is gone (${reason}: ${detail})`,
            };
          });
          return next(state);
        case "declined":
        case "lost":
          return message.attempt === state.attempt ? retry(state, message.reason, context) : next(state);
        case "gone":
          if (state.conversation !== undefined) context.tell(state.conversation, { type: "cancel" });
          return stop("its reader has gone");
        case "conversation":
          return message.id === `${id}-${state.attempt}` ? hear(state, message.event, context) : next(state);
        default:
          return message satisfies never;
      }
    },
    stopped(_state, { type, detail }) {
      if (type === "crashed") {
        listener.onEvent({ type: "failed", code: "interrupted", message: `The answer broke off: ${detail}` });
      }
    },
  };

  /** Starts a conversation under the plan in force, or waits for a plan. */
  function attempt(state: AnswerState, context: Context<AnswerMessage>): Next<AnswerState> {
    const mesh = standingOf(options.mesh());
    const now = device.clock.now();
    if (mesh.type === "waiting" || mesh.plan.segments[0] === undefined) {
      const reason = mesh.type === "waiting" ? mesh.reason : "The plan is empty.";
      const patience = state.started ? PATIENCE_MILLISECONDS : NO_PLAN_PATIENCE_MILLISECONDS;
      if (now - state.newsAt > patience) return fail(state.started ? "interrupted" : "no_plan", reason);
      context.after(RETRY_MILLISECONDS, { type: "try" });
      return next(state);
    }
    if (now - state.newsAt > PATIENCE_MILLISECONDS) {
      return fail(
        "interrupted",
        `No device could go on with the answer for ${PATIENCE_MILLISECONDS / 1000} seconds: ${state.reason}.`,
      );
    }
    const { plan } = mesh;
    const number = ++state.attempt;
    state.plan = plan;
    state.conversation = undefined;
    context.ask(supervisorOf(mesh.plan.segments[0].device), (replyTo: Ref<Reply<Conversing>>) => ({
      type: "converse" as const,
      id: `${id}-${number}`,
      plan: plan.number,
      request,
      progress: { generated: state.generated.slice(), sent: state.sent },
      answer: context.self,
      replyTo,
    }), {
      timeoutMs: CONVERSE_MILLISECONDS,
      signal: context.signal,
      parse: (value) => v.parse(Conversing, value),
    }).then((outcome) => {
      const answered = outcome.type === "reply" ? outcome.value : { type: "declined" as const, reason: outcome.reason };
      if (answered.type === "declined") context.tell(context.self, { ...answered, attempt: number });
      else context.tell(context.self, { type: "conversing", attempt: number, ref: answered.conversation });
    });
    return next(state);
  }

  function hear(state: AnswerState, event: ConversationEvent, context: Context<AnswerMessage>): Next<AnswerState> {
    const now = device.clock.now();
    switch (event.type) {
      case "started":
        state.promptTokens = event.promptTokens;
        state.conversations++;
        if (!state.started && state.plan !== undefined) {
          state.started = true;
          listener.onEvent({ type: "started", promptTokens: event.promptTokens, plan: state.plan });
        }
        return next(state);
      case "piece":
      case "finished":
        state.newsAt = now;
        state.firstTokenAt ??= now;
        state.generated.push(...event.tokens);
        state.sent += event.text.length;
        if (event.text !== "") listener.onEvent({ type: "text", text: event.text });
        if (event.type === "piece" || state.plan === undefined) return next(state);
        device.served.record(state.plan.number, timings(state, now));
        listener.onEvent({ type: "finished", reason: event.reason, plan: state.plan, timings: timings(state, now) });
        return stop("answered");
      case "rejected":
        return fail(event.code, event.message);
      case "broken":
        return retry(state, event.reason, context);
      default:
        return event satisfies never;
    }
  }

  function retry(state: AnswerState, reason: string, context: Context<AnswerMessage>): Next<AnswerState> {
    // Whatever the conversation given up on still says carries an older number and is not heard.
    if (state.conversation !== undefined) context.tell(state.conversation, { type: "cancel" });
    state.attempt++;
    state.reason = reason;
    context.after(RETRY_MILLISECONDS, { type: "try" });
    return next(state);
  }

  function fail(code: Extract<AnswerEvent, { type: "failed" }>["code"], message: string): Next<never> {
    listener.onEvent({ type: "failed", code, message });
    return stop(message);
  }

  function timings(state: AnswerState, now: number): Timings {
    return {
      promptTokens: state.promptTokens,
      completionTokens: state.generated.length,
      timeToFirstTokenMilliseconds: (state.firstTokenAt ?? now) - state.beganAt,
      totalMilliseconds: now - state.beganAt,
      conversations: state.conversations,
    };
  }
}
