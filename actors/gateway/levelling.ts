/** An answer that has a target learns, before its first conversation, at which level it is made. */
import * as v from "valibot";
import { PROMPT_SHARES } from "../../models/elastic.ts";
import { type Next, next, type Ref, type Reply } from "../../runtime/actor/mod.ts";
import { supervisorOf } from "../addresses.ts";
import { type AnswerRequest, type Prompt, promptBytes } from "../conversation/protocol.ts";
import type { ActivePlan } from "../plan.ts";
import { MAX_WEIGHED_BYTES, type PromptWay, Weighed } from "../weighing.ts";
import type { AnswerContext, AnswerOptions, AnswerState } from "./answer-state.ts";
import { chooseFor, type Choosing, foreseen, type Wanted } from "./choosing.ts";
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

/**
 * Asks where the prompt will be read how many answers are under way there, and has it weighed where something of it may have to
 * be left out; what comes of it is a message.
 *
 * @param underway what has been counted there already
 */
export function weigh(
  state: AnswerState,
  plan: ActivePlan,
  options: AnswerOptions,
  context: AnswerContext,
  underway?: number,
): Next<AnswerState> {
  const { prompt: { request: { prompt }, target } } = options;
  const number = ++state.attempts;
  state.current = number;
  const heard = (weighed: Weighed) => context.tell(context.self, { type: "weighed", attempt: number, plan, weighed });
  const [first] = plan.segments;
  if (target?.type !== "bounded" || plan.elastic === undefined || first === undefined) {
    heard({ type: "unweighed", reason: "there is nothing to weigh" });
    return next(state);
  }
  const shortened = mayBeShortened(state, { plan, underway }, options);
  context.ask(supervisorOf(first.device), (replyTo: Ref<Reply<Weighed>>) => ({
    ...{ type: "weigh" as const, plan: plan.number, ...(shortened ? { prompt } : {}), replyTo },
  }), {
    timeoutMs: WEIGH_MILLISECONDS,
    signal: context.signal,
    parse: (value) => v.parse(Weighed, value),
  }).then((outcome) => {
    if (outcome.type !== "reply") return heard({ type: "unweighed", reason: outcome.reason });
    // Who counts instead of weighing would be asked again and again.
    const idle = shortened && outcome.value.type === "counted";
    heard(idle ? { type: "unweighed", reason: "the prompt was not weighed" } : outcome.value);
  });
  return next(state);
}

/** A plan, and how many answers are under way on it in all where that is known. */
interface Place {
  readonly plan: ActivePlan;
  readonly underway: number | undefined;
}

/** Whether something of the prompt should be left out, as far as is known before it is read: no level has time for all of it, and one for the least. */
export function mayBeShortened(state: AnswerState, { plan, underway }: Place, options: AnswerOptions): boolean {
  const { request: { prompt } } = options.prompt;
  if (prompt.type !== "chat" || promptBytes(prompt) > MAX_WEIGHED_BYTES) return false;
  const around = aroundOf(state, plan, underway, options);
  const whole = uncounted(plan, options);
  const least = { share: LEAST_SHARE, promptTokens: Math.floor(LEAST_SHARE * whole.promptTokens) };
  return !isMet(chooseFor({ ...around, ways: [whole] })) && isMet(chooseFor({ ...around, ways: [whole, least] }));
}

function isMet(choosing: Choosing): boolean {
  return choosing.type === "chosen" && choosing.chosen.met === true;
}

/** What an answer wants and finds, of which `all` are under way on all devices where that is known. */
function aroundOf(
  { beganAt }: AnswerState,
  plan: ActivePlan,
  all: number | undefined,
  { id, clock, underway, levels, prompt: { target } }: AnswerOptions,
): Omit<Wanted, "ways"> {
  const { elastic: times, model } = plan;
  const found = underway.of(model.id, { except: id, all, levels: times?.levels.length ?? 1 });
  return {
    target: target ?? { type: "full" },
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
  const around = aroundOf(state, plan, weighed.type === "unweighed" ? undefined : weighed.underway, options);
  const choosing = chooseAmong(around, weighed.type === "weighed" ? weighed.ways : [uncounted(plan, options)]);
  if (choosing.type === "chosen") {
    state.chosen = { ...choosing.chosen, choosingMilliseconds: around.spent, model: plan.model.id };
  }
  state.estimate = weighed.type === "weighed" ? undefined : around;
  return choosing;
}

/** Of a prompt that a level reads whole in time nothing is left out, whatever were righter. */
function chooseAmong(around: Omit<Wanted, "ways">, ways: readonly PromptWay[]): Choosing {
  const [{ promptTokens = 0 } = {}] = ways;
  const whole = chooseFor({ ...around, ways: [{ share: 1, promptTokens }] });
  return isMet(whole) ? whole : chooseFor({ ...around, ways });
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
function uncounted(plan: ActivePlan, options: AnswerOptions): PromptWay {
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
  if (prompt.type !== "tokens") tokenBytes.record(plan.model.id, { bytes: promptBytes(prompt), tokens: promptTokens });
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
