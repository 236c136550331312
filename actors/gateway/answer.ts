/**
 * One prompt being answered, as its reader sees it. The answer keeps the prompt, the tokens drawn and the text sent; when a
 * conversation or a segment dies it starts a new conversation that goes on from the next token. The reader sees a pause.
 */
import { type Behaviour, type Next, next, stop } from "../../runtime/actor/mod.ts";
import { type ConversationEvent, FromConversation } from "../conversation/protocol.ts";
import { accepting } from "../wire.ts";
import { announce, announceEnd, announceProgress, announceRead, readingOf } from "./news.ts";
import {
  type AnswerContext,
  type AnswerMessage,
  type AnswerOptions,
  type AnswerState,
  newAnswer,
  say,
  timingsOf,
} from "./answer-state.ts";
import { attempt, conversing, fail, goOver, meshChanged, retry, weighed } from "./attempts.ts";
import { begun, isWhole, learn } from "./levelling.ts";

/** Makes the behaviour of an answer. */
export function answer(options: AnswerOptions): Behaviour<AnswerState, AnswerMessage> {
  const { listener } = options;
  return {
    accepts: accepting<AnswerMessage>(FromConversation, speaker),
    start(context) {
      const onAbort = () => context.tell(context.self, { type: "gone" });
      listener.signal.addEventListener("abort", onAbort, { once: true });
      context.signal.addEventListener("abort", () => listener.signal.removeEventListener("abort", onAbort));
      context.tell(context.self, { type: "try" });
      const state = newAnswer(options, context);
      announce(state, options, { stage: "began" });
      return state;
    },
    receive: (state, message, context) => receive(state, message, options, context),
    stopped(state, { detail }) {
      options.underway.over(options.id);
      if (state.over) return;
      // It crashed, or the gateway did: whoever reads must not wait for ever, nor a conversation go on for nobody.
      say(state, options, { type: "failed", code: "interrupted", message: `The answer broke off: ${detail}` });
      if (state.conversation !== undefined) state.context.tell(state.conversation.ref, { type: "cancel", keep: false });
    },
  };
}

/** Conversations speak for themselves. */
function speaker(message: AnswerMessage): readonly string[] {
  return message.type === "conversation" ? [message.conversation.device] : [];
}

function receive(
  state: AnswerState,
  message: AnswerMessage,
  options: AnswerOptions,
  context: AnswerContext,
): Next<AnswerState> {
  switch (message.type) {
    case "try":
      return state.current === undefined ? attempt(state, options, context) : next(state);
    case "conversing":
      if (message.attempt === state.current) conversing(state, message.ref, options, context);
      else context.tell(message.ref, { type: "cancel", keep: true });
      return next(state);
    case "weighed":
      return message.attempt === state.current ? weighed(state, message, options, context) : next(state);
    case "declined":
      return message.attempt === state.current ? retry(state, message.reason, options, context) : next(state);
    case "device-lost":
      return state.conversation?.ref.device === message.device
        ? retry(state, "the device of its conversation is lost", options, context)
        : next(state);
    case "too-large":
      return fail(
        state,
        options,
        "prompt_too_large",
        "The prompt is larger than what devices send each other at once.",
      );
    case "state":
      state.mesh = message.state;
      return meshChanged(state, options, context);
    case "give-way":
      return goOver(state, options, context);
    case "gone":
      state.over = true;
      announce(state, options, { stage: "left", tokens: state.generated.length });
      if (state.conversation !== undefined) context.tell(state.conversation.ref, { type: "cancel", keep: false });
      return stop("its reader has gone");
    case "conversation":
      if (message.id === `${options.id}-${state.current}`) return hear(state, message.event, options, context);
      // One that was given up before its ref came: it would hold its place for nobody.
      context.tell(message.conversation, { type: "cancel", keep: true });
      return next(state);
    default:
      return message satisfies never;
  }
}

/** Takes what the conversation says: news goes to the reader. */
function hear(
  state: AnswerState,
  event: ConversationEvent,
  options: AnswerOptions,
  context: AnswerContext,
): Next<AnswerState> {
  switch (event.type) {
    case "started":
      state.promptTokens = event.promptTokens;
      state.conversations++;
      if (!state.started && state.plan !== undefined) {
        state.started = true;
        begun(state, options);
        say(state, options, {
          ...{ type: "started", promptTokens: event.promptTokens, plan: state.plan },
          ...(state.chosen === undefined ? {} : { chosen: state.chosen }),
        });
        announce(state, options, readingOf(state, state.plan));
      }
      return next(state);
    case "reading":
      return read(state, event, options);
    case "shares":
      state.shared = true;
      return next(state);
    case "piece":
    case "finished":
      return take(state, event, options, context);
    case "rejected":
      return fail(state, options, event.code, event.message, event.retryAfterSeconds);
    case "broken":
      return retry(state, event.reason, options, context);
    case "stalled":
      return retry(state, event.reason, options, context, true);
    default:
      return event satisfies never;
  }
}

/** Passes on how far the prompt has been read; whoever takes an answer up reads it once more, which is no news to its reader. */
function read(
  state: AnswerState,
  { tokens, cached: cachedTokens }: Extract<ConversationEvent, { type: "reading" }>,
  options: AnswerOptions,
): Next<AnswerState> {
  if (state.firstTokenAt !== undefined) return next(state);
  const now = options.clock.now();
  const { promptTokens, beganAt } = state;
  options.underway.left(options.id, Math.max(0, promptTokens - tokens));
  say(state, options, { type: "reading", tokens, cachedTokens, promptTokens, milliseconds: now - beganAt });
  announceRead(state, options, now, tokens);
  return next(state);
}

/** Passes text on. */
function take(
  state: AnswerState,
  event: Extract<ConversationEvent, { type: "piece" | "finished" }>,
  options: AnswerOptions,
  context: AnswerContext,
): Next<AnswerState> {
  const now = options.clock.now();
  state.troubledSince = undefined;
  state.arrivals.came();
  if (state.firstTokenAt === undefined) {
    state.firstTokenAt = now;
    options.underway.left(options.id, 0);
    announce(state, options, { stage: "writing", ttftMilliseconds: now - state.beganAt });
  }
  state.generated.push(...event.tokens);
  state.guessed.accepted += event.guessed?.accepted ?? 0;
  state.guessed.rejected += event.guessed?.rejected ?? 0;
  state.sent += event.text.length;
  if (event.text !== "" || (event.likelihoods ?? []).length > 0) {
    say(state, options, { type: "text", text: event.text, likelihoods: event.likelihoods });
  }
  if (event.type === "piece" || state.plan === undefined) {
    announceProgress(state, options, now);
    return state.givingWay === undefined ? next(state) : goOver(state, options, context);
  }
  state.cachedTokens = event.cached ?? 0;
  const timings = timingsOf(state, now);
  learn(state, options, timings);
  // What less of the model takes, or less of the prompt, says nothing of what is predicted of the plan.
  if (isWhole(state)) options.served.record(state.plan.number, timings);
  announceEnd(state, options, event.reason, timings);
  say(state, options, {
    ...{ type: "finished", reason: event.reason, plan: state.plan, timings },
    ...(state.chosen === undefined ? {} : { chosen: state.chosen }),
  });
  return stop("answered");
}
