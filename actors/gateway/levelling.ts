/** An answer that has a target learns, before its first conversation, at which level it is made. */
import * as v from "valibot";
import { PROMPT_SHARES } from "../../models/elastic.ts";
import { type Next, next, type Ref, type Reply } from "../../runtime/actor/mod.ts";
import { supervisorOf } from "../addresses.ts";
import { type AnswerRequest, type Prompt, promptBytes } from "../conversation/protocol.ts";
import type { ActivePlan } from "../plan.ts";
import { MAX_WEIGHED_BYTES, type PromptWay, Weighed } from "../weighing.ts";
import type { AnswerContext, AnswerOptions, AnswerState } from "./answer-state.ts";
import { chooseFor, type Choosing, foreseen } from "./choosing.ts";
import type { Timings } from "./protocol.ts";

/** How long another device may take to weigh a prompt. What it says later is not waited for: the whole prompt is read then. */
export const WEIGH_MILLISECONDS = 120;
/** The least of a prompt that is ever read. */
const LEAST_SHARE = Math.min(...PROMPT_SHARES);

/** Whether it has to be chosen under this plan at which level an answer is made: once, of the model that it begins with. */
export function isToChoose(
  { chosen, started }: AnswerState,
  { prompt }: AnswerOptions,
  { model }: ActivePlan,
): boolean {
  return prompt.target !== undefined && !started && chosen?.model !== model.id;
}

/** Has the prompt weighed where it will be read; what comes of it is a message. */
export function weigh(
  state: AnswerState,
  plan: ActivePlan,
  device: string,
  options: AnswerOptions,
  context: AnswerContext,
): Next<AnswerState> {
  const { prompt: { request: { prompt }, target } } = options;
  const number = ++state.attempts;
  state.current = number;
  const heard = (weighed: Weighed) => context.tell(context.self, { type: "weighed", attempt: number, plan, weighed });
  const shortens = prompt.type === "chat" && promptBytes(prompt) <= MAX_WEIGHED_BYTES && target?.type === "bounded" &&
    plan.elastic !== undefined;
  // Where nothing need be left out, or leaving out would be in vain, no time is lost on asking.
  if (!shortens || isInTime(1, state, plan, options) || !isInTime(LEAST_SHARE, state, plan, options)) {
    heard({ type: "unweighed", reason: "there is nothing to weigh" });
    return next(state);
  }
  context.ask(supervisorOf(device), (replyTo: Ref<Reply<Weighed>>) => ({
    ...{ type: "weigh" as const, plan: plan.number, prompt, replyTo },
  }), {
    timeoutMs: WEIGH_MILLISECONDS,
    signal: context.signal,
    parse: (value) => v.parse(Weighed, value),
  }).then((outcome) => heard(outcome.type === "reply" ? outcome.value : { type: "unweighed", reason: outcome.reason }));
  return next(state);
}

/** Whether some level should answer to so much of the prompt in time, as far as that is known before it is read. */
function isInTime(share: number, state: AnswerState, plan: ActivePlan, options: AnswerOptions): boolean {
  const { target = { type: "full" as const } } = options.prompt;
  const whole = wholeOf(plan, options);
  const shorter = share === 1 ? [] : [{ share, promptTokens: Math.floor(share * whole.promptTokens) }];
  const ways = [whole, ...shorter];
  const choosing = chooseFor({ ...aroundOf(state, plan, undefined, options), target, ways });
  return choosing.type === "chosen" && choosing.chosen.met === true;
}

/** What an answer finds, of which `all` are under way on all devices where that is known. */
function aroundOf(
  { beganAt }: AnswerState,
  plan: ActivePlan,
  all: number | undefined,
  { id, clock, underway, levels }: AnswerOptions,
) {
  const { elastic: times, model } = plan;
  const found = underway.of(model.id, { except: id, all, levels: times?.levels.length ?? 1 });
  return {
    times,
    underway: found,
    spent: clock.now() - beganAt,
    places: plan.concurrency,
    corrected: levels.corrected(plan, { underway: found, now: clock.now() }),
  };
}

/** Chooses, by what is known of the prompt now. */
export function choose(
  state: AnswerState,
  { plan, weighed }: { readonly plan: ActivePlan; readonly weighed: Weighed },
  options: AnswerOptions,
): Choosing {
  const { target } = options.prompt;
  const around = aroundOf(state, plan, weighed.type === "weighed" ? weighed.underway : undefined, options);
  const ways = weighed.type === "weighed" ? weighed.ways : [wholeOf(plan, options)];
  const choosing = chooseFor({ ...around, target: target ?? { type: "full" }, ways });
  if (choosing.type === "chosen") {
    state.chosen = { ...choosing.chosen, choosingMilliseconds: around.spent, model: plan.model.id };
  }
  state.estimate = weighed.type === "weighed" ? undefined : around;
  return choosing;
}

/** An answer's first conversation is asked for: whoever comes from now on finds it in line. */
export function begins(state: AnswerState, options: AnswerOptions): void {
  const { id, clock, underway, prompt: { request } } = options;
  const { chosen, started, plan } = state;
  if (started || plan === undefined) return;
  const promptTokens = tokensAbout(chosen?.prompt ?? request.prompt, plan, options);
  const { level, levels } = levelOf(state);
  state.found = {
    underway: underway.of(plan.model.id, { except: id, all: undefined, levels }),
    spent: clock.now() - state.beganAt,
  };
  underway.note(id, { model: plan.model.id, level, promptTokens });
}

/** An answer has ended well: what it took is held against what was expected of its level. */
export function learn(state: AnswerState, { levels, clock }: AnswerOptions, timings: Timings): void {
  const { plan, found } = state;
  const { promptTokens, cachedTokens, completionTokens, conversations } = timings;
  if (plan?.elastic === undefined || found === undefined || conversations !== 1 || completionTokens < 2) return;
  levels.record(plan, {
    at: clock.now(),
    level: levelOf(state).level,
    promptTokens: promptTokens - cachedTokens,
    underway: found.underway,
    ttftMilliseconds: timings.timeToFirstTokenMilliseconds - found.spent,
    tpotMilliseconds: (timings.totalMilliseconds - timings.timeToFirstTokenMilliseconds) / (completionTokens - 1),
    completionTokens,
  });
}

/** The whole prompt, whose tokens nobody has counted. */
function wholeOf(plan: ActivePlan, options: AnswerOptions): PromptWay {
  return { share: 1, promptTokens: tokensAbout(options.prompt.request.prompt, plan, options) };
}

/** How many tokens a prompt has, where nobody has counted. */
function tokensAbout(prompt: Prompt, { model }: ActivePlan, { tokenBytes }: AnswerOptions): number {
  if (prompt.type === "tokens") return prompt.tokens.length;
  return Math.ceil(promptBytes(prompt) / tokenBytes.of(model.id));
}

/** The prompt is in the pipeline, its tokens are counted: what was only estimated of it is known now. */
export function begun(state: AnswerState, { id, underway, tokenBytes, prompt: { request } }: AnswerOptions): void {
  const { chosen, estimate, plan, promptTokens } = state;
  if (plan === undefined) return;
  const prompt = chosen?.prompt ?? request.prompt;
  if (prompt.type !== "tokens") tokenBytes.record(plan.model.id, promptBytes(prompt) / promptTokens);
  if (chosen !== undefined && estimate !== undefined) {
    state.chosen = { ...foreseen(chosen, estimate, promptTokens), model: chosen.model };
  }
  underway.note(id, { model: plan.model.id, level: levelOf(state).level, promptTokens });
}

/** The level that an answer runs at, and how many its model has: 1 of 1 of a model that is not elastic. */
export function levelOf({ chosen, plan }: AnswerState): { readonly level: number; readonly levels: number } {
  const levels = plan?.elastic?.levels.length ?? chosen?.levels ?? 1;
  return { level: chosen?.level ?? levels, levels };
}

/** Whether all of the model answers to all of the prompt. */
export function isWhole(state: AnswerState): boolean {
  const { level, levels } = levelOf(state);
  return level === levels && (state.chosen?.promptShare ?? 1) === 1;
}

/** A request as a conversation gets it: at the chosen level, with what is left of the prompt. */
export function requestOf({ chosen }: AnswerState, { prompt: { request } }: AnswerOptions): AnswerRequest {
  if (chosen === undefined) return request;
  const { level, levels, prompt } = chosen;
  return {
    ...request,
    ...(level < levels ? { level } : {}),
    ...(prompt === undefined ? {} : { prompt }),
  };
}
