/** What is told of an answer to those who follow what happens: how far it is, never what it says. */
import type { AnswerStage } from "../events.ts";
import { type ActivePlan, findPlan } from "../plan.ts";
import type { AnswerOptions, AnswerState } from "./answer-state.ts";
import { metBy } from "./choosing.ts";
import { levelOf } from "./levelling.ts";
import type { Timings } from "./protocol.ts";
import type { TracedAnswer } from "./traces.ts";

/** How often it is told how far an answer is. */
const GOING_MILLISECONDS = 1000;

/** Tells of an answer. */
export function announce(
  { mesh, plan, traced }: AnswerState,
  options: AnswerOptions,
  stage: AnswerStage,
): void {
  const { id, prompt } = options;
  note(traced, options.clock.now(), stage);
  // Before it has a plan the model may be whichever the mesh serves.
  const standing = findPlan(mesh, prompt.model);
  const model = plan?.model.name ?? (standing.type === "active" ? standing.plan.model.name : prompt.model ?? "");
  options.announce({ type: "answer", id, model, ...stage });
}

/** Writes down what is told. */
function note(traced: TracedAnswer, now: number, stage: AnswerStage): void {
  traced.lastAt = now;
  if ("tokens" in stage) traced.tokens = stage.tokens;
  if ("promptTokens" in stage) traced.promptTokens = stage.promptTokens;
  if (stage.stage === "writing") traced.firstTokenAt = now;
  if (stage.stage === "ended") traced.outcome = stage.reason;
  if (stage.stage === "failed" || stage.stage === "left") traced.outcome = stage.stage;
}

/** Tells how far it is, where that was not told just now. */
export function announceProgress(state: AnswerState, options: AnswerOptions, now: number): void {
  if (now - state.toldAt < GOING_MILLISECONDS) return;
  state.toldAt = now;
  announce(state, options, { stage: "going", tokens: state.generated.length });
}

/** That the prompt of an answer is in the pipeline of a plan. */
export function readingOf({ promptTokens }: AnswerState, { segments }: ActivePlan) {
  return { stage: "reading" as const, promptTokens, route: segments.map(({ name }) => name) };
}

/** Tells how much of the prompt has been read, where that was not told just now. */
export function announceRead(state: AnswerState, options: AnswerOptions, now: number, read: number): void {
  state.traced.readTokens = read;
  if (state.plan === undefined || now - state.toldAt < GOING_MILLISECONDS) return;
  state.toldAt = now;
  announce(state, options, { ...readingOf(state, state.plan), read });
}

/** Tells that it has ended well. */
export function announceEnd(state: AnswerState, options: AnswerOptions, reason: string, timings: Timings): void {
  const { level, levels } = levelOf(state);
  const met = metBy(state.chosen, timings);
  announce(state, options, {
    stage: "ended",
    reason,
    promptTokens: timings.promptTokens,
    tokens: timings.completionTokens,
    ttftMilliseconds: timings.timeToFirstTokenMilliseconds,
    totalMilliseconds: timings.totalMilliseconds,
    conversations: timings.conversations,
    ...(levels > 1 ? { level } : {}),
    ...(met === undefined ? {} : { met }),
  });
}
