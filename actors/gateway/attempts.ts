/** An answer's attempts: a conversation under the plan in force, and another one when it is lost. */
import * as v from "valibot";
import { type AskOutcome, type Next, next, type Ref, type Reply, stop } from "../../runtime/actor/mod.ts";
import { supervisorOf } from "../addresses.ts";
import type { ConversationMessage } from "../conversation/protocol.ts";
import { type ActivePlan, comparePlans, findPlan, type Standing, standingOf } from "../plan.ts";
import { Conversing } from "../supervisor/protocol.ts";
import { type AnswerContext, type AnswerMessage, type AnswerOptions, type AnswerState, say } from "./answer-state.ts";
import { begins, choose, isToChoose, mayBeShortened, requestOf, weigh } from "./levelling.ts";
import { announce } from "./news.ts";
import type { FailureCode } from "./protocol.ts";
import { routeOf } from "./traces.ts";

/** How long an answer goes on trying, from when its conversation was lost, before its reader gets an error. */
const PATIENCE_MILLISECONDS = 60_000;
/** The same before it has begun, where the mesh serves no model at all: nothing is on its way, so the word comes early. */
const NO_MODEL_PATIENCE_MILLISECONDS = 15_000;
/** Between two attempts. */
const RETRY_MILLISECONDS = 100;
/** How long a device may take to start a conversation: it tokenises the prompt meanwhile. */
const CONVERSE_MILLISECONDS = 10_000;

/** Starts a conversation under the plan in force, or waits for a plan. */
export function attempt(state: AnswerState, options: AnswerOptions, context: AnswerContext): Next<AnswerState> {
  const { clock } = options;
  state.later?.();
  [state.later, state.planless] = [undefined, false];
  const found = findFor(state, options);
  if (found.type === "unknown") {
    return fail(state, options, state.started ? "interrupted" : "model_not_found", found.reason);
  }
  const troubled = clock.now() - (state.troubledSince ?? clock.now());
  const first = found.type === "active" ? found.plan.segments[0] : undefined;
  if (found.type === "waiting" || first === undefined) {
    const reason = found.type === "waiting" ? found.reason : "The plan is empty.";
    const patience = patienceOf(state);
    if (troubled > patience) return fail(state, options, state.started ? "interrupted" : "no_plan", reason);
    // A plan that comes is heard of; what is left to wait for is that none does.
    state.planless = true;
    state.later = context.after(patience - troubled + 1, { type: "try" });
    return next(state);
  }
  if (troubled > PATIENCE_MILLISECONDS) {
    const time = `${PATIENCE_MILLISECONDS / 1000} seconds`;
    return fail(state, options, "interrupted", `No device could go on with the answer for ${time}: ${state.reason}.`);
  }
  if (isToChoose(state, options, found.plan)) return weigh(state, found.plan, options, context);
  converse(state, found.plan, first.device, options, context);
  return next(state);
}

/** The prompt has been weighed: its level is chosen, and the first conversation asked for. */
export function weighed(
  state: AnswerState,
  message: Extract<AnswerMessage, { type: "weighed" }>,
  options: AnswerOptions,
  context: AnswerContext,
): Next<AnswerState> {
  state.current = undefined;
  const { plan, weighed } = message;
  // With those that were counted it may be too late for all of the prompt.
  if (weighed.type === "counted" && mayBeShortened(state, { plan, underway: weighed.underway }, options)) {
    return weigh(state, plan, options, context, weighed.underway);
  }
  const choosing = choose(state, message, options);
  if (choosing.type === "unreachable") return fail(state, options, "target_unreachable", choosing.reason);
  return attempt(state, options, context);
}

/** How long a plan is waited for. One of a model that the mesh means to serve may be on its way: devices come back, blocks are loaded. */
function patienceOf({ started, mesh }: AnswerState): number {
  return started || mesh.models.length > 0 ? PATIENCE_MILLISECONDS : NO_MODEL_PATIENCE_MILLISECONDS;
}

/** How the model stands: the one that was asked for, and once the answer has begun the one that it began with. */
function findFor({ mesh, started, plan }: AnswerState, { prompt }: AnswerOptions): ReturnType<typeof findPlan> {
  if (!started || plan === undefined) return findPlan(mesh, prompt.model);
  const standing: Standing = standingOf(mesh, plan.model.id);
  if (standing.type === "active" || standing.reason !== "") return standing;
  const reason = `The mesh does not serve "${plan.model.name}" any more.`;
  return { type: mesh.models.length === 0 ? "waiting" : "unknown", reason };
}

/** Asks the device of the first segment for a conversation; its answer comes as a message. */
function converse(
  state: AnswerState,
  plan: ActivePlan,
  device: string,
  options: AnswerOptions,
  context: AnswerContext,
): void {
  const { id } = options;
  const number = ++state.attempts;
  state.current = number;
  const before = state.plan;
  state.plan = plan;
  begins(state, options);
  state.traced.model = plan.model.name;
  // Another attempt under the same plan goes the same way.
  const again = before !== undefined && comparePlans(before.number, plan.number) === 0;
  if (!again) state.traced.routes.push(routeOf(plan));
  state.conversation = undefined;
  context.ask(supervisorOf(device), (replyTo: Ref<Reply<Conversing>>) => ({
    type: "converse" as const,
    id: `${id}-${number}`,
    plan: plan.number,
    request: requestOf(state, options),
    progress: {
      generated: state.generated.slice(),
      sent: state.sent,
      again: state.conversations > 0,
      ...(state.shared ? { shared: true } : {}),
    },
    answer: context.self,
    replyTo,
  }), {
    timeoutMs: CONVERSE_MILLISECONDS,
    signal: context.signal,
    parse: (value) => v.parse(Conversing, value),
  }).then((outcome) => context.tell(context.self, heard(outcome, number)));
}

/** What came of asking for a conversation. */
function heard(outcome: AskOutcome<Conversing>, attempt: number): AnswerMessage {
  if (outcome.type === "too-large") return { type: "too-large", attempt };
  if (outcome.type !== "reply") return { type: "declined", attempt, reason: outcome.reason };
  if (outcome.value.type === "declined") return { type: "declined", attempt, reason: outcome.value.reason };
  return { type: "conversing", attempt, ref: outcome.value.conversation };
}

/** An attempt has its conversation. */
export function conversing(
  state: AnswerState,
  ref: Ref<ConversationMessage>,
  { clock }: AnswerOptions,
  context: AnswerContext,
): void {
  state.conversation = { ref, since: clock.now() };
  if (state.conversations === 0) state.troubledSince = undefined;
  // A conversation that ends says so itself; only a lost device says nothing.
  context.watchDevice(ref.device, () => ({ type: "device-lost", device: ref.device }));
}

/**
 * Gives the conversation up and tries again in a moment. `stalled` where it was given up for its silence: that it lasted
 * says nothing for it then.
 */
export function retry(
  state: AnswerState,
  reason: string,
  options: AnswerOptions,
  context: AnswerContext,
  stalled = false,
): Next<AnswerState> {
  giveUp(state, reason, options, context, stalled);
  state.later?.();
  // There is another plan already, which was only not gone over to for the sake of a token.
  if (isSuperseded(state)) return attempt(state, options, context);
  state.later = context.after(RETRY_MILLISECONDS, { type: "try" });
  return next(state);
}

function giveUp(
  state: AnswerState,
  reason: string,
  options: AnswerOptions,
  context: AnswerContext,
  stalled = false,
): void {
  const now = options.clock.now();
  state.givingWay?.();
  state.givingWay = undefined;
  state.arrivals.startAnew();
  if (state.conversation !== undefined && state.started) {
    announce(state, options, { stage: "interrupted", tokens: state.generated.length, reason });
  }
  const { conversation, troubledSince } = state;
  // A conversation that has gone on for as long as patience lasts, even if only in a queue, did well: the trouble is new.
  const didWell = !stalled && conversation !== undefined && now - conversation.since > PATIENCE_MILLISECONDS;
  if (troubledSince === undefined || didWell) state.troubledSince = now;
  if (conversation !== undefined) context.tell(conversation.ref, { type: "cancel", keep: !stalled });
  state.conversation = undefined;
  state.current = undefined;
  state.reason = reason;
}

/** The mesh stands otherwise than before: an answer without a plan goes on at once, one whose plan has given way with its next token. */
export function meshChanged(state: AnswerState, options: AnswerOptions, context: AnswerContext): Next<AnswerState> {
  if (state.planless) return attempt(state, options, context);
  if (!isSuperseded(state) || state.givingWay !== undefined) return next(state);
  const wait = state.conversation === undefined ? 0 : state.arrivals.worthWaiting;
  if (wait === 0) return goOver(state, options, context);
  state.givingWay = context.after(wait, { type: "give-way" });
  return next(state);
}

/** Leaves a plan that has given way. */
export function goOver(state: AnswerState, options: AnswerOptions, context: AnswerContext): Next<AnswerState> {
  state.givingWay?.();
  state.givingWay = undefined;
  // It may be in force again.
  if (!isSuperseded(state)) return next(state);
  if (state.conversation !== undefined) giveUp(state, "the plan has changed", options, context);
  // Where one is being asked for already, its device says whether it can be had.
  return state.current === undefined ? attempt(state, options, context) : next(state);
}

/** Whether the plan that the answer runs on has given way to another one. */
function isSuperseded({ mesh, plan }: AnswerState): boolean {
  if (plan === undefined) return false;
  const standing = standingOf(mesh, plan.model.id);
  return standing.type === "active" && comparePlans(standing.plan.number, plan.number) !== 0;
}

/** Tells the reader why there will be no answer. */
export function fail(
  state: AnswerState,
  options: AnswerOptions,
  code: FailureCode,
  message: string,
  retryAfterSeconds?: number,
): Next<never> {
  announce(state, options, { stage: "failed", message });
  say(state, options, { type: "failed", code, message, ...(retryAfterSeconds && { retryAfterSeconds }) });
  return stop(message);
}
