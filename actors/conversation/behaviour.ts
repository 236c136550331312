/**
 * The conversation: tokens in, text out, for one prompt. It lives on the device of the first segment, steps its sequence
 * through the pipeline and tells the answer that it works for what comes out. It can start in the middle: given the tokens
 * that an earlier conversation drew, it goes on from the next one, since the same seed draws the same token at a position;
 * what the caches still hold of them is not run again.
 *
 * Its last word to the answer is "finished", "rejected", "broken" or "stalled", however it ends; only a lost device says nothing, and
 * that the answer's own device notices.
 */
import {
  type Behaviour,
  type Context,
  type Next,
  next,
  type Ref,
  stop,
  type StopReason,
} from "../../runtime/actor/mod.ts";
import { errorText } from "../../runtime/error-text.ts";
import { type Enter, forwardOf, type SegmentMessage } from "../pipeline.ts";
import type { ActivePlan } from "../plan.ts";
import { accepting } from "../wire.ts";
import { Deadline } from "./deadline.ts";
import {
  type AnswerRequest,
  type ConversationEvent,
  type ConversationMessage,
  type FromConversation,
  type Progress,
  type PromptRead,
  type Rejection,
  WireConversationMessage,
} from "./protocol.ts";
import type { Language } from "./language.ts";
import { nextToken, Prefill } from "./steps.ts";
import { Transcript } from "./transcript.ts";

/** Longest silence of the pipeline while a step is under way. Slow boards need seconds for a chunk, none needs this. */
export const STALL_MILLISECONDS = 60_000;

/** Longest wait for a cache slot while other answers have them all. */
export const QUEUE_MILLISECONDS = 600_000;

/** What a conversation is made of. */
export interface ConversationOptions {
  readonly id: string;
  readonly plan: ActivePlan;
  readonly request: AnswerRequest;
  readonly progress: Progress;
  readonly answer: Ref<FromConversation>;
  readonly language: Language;
}

interface ConversationState {
  readonly options: ConversationOptions;
  readonly context: Context<ConversationMessage>;
  readonly first: Ref<SegmentMessage>;
  /** Absent until the prompt has been read. */
  run: { readonly prefill: Prefill; readonly transcript: Transcript } | undefined;
  /** What the segments call the sequence, once it has a cache slot. */
  sequence: number | undefined;
  /** Whether the segments are still looking for what an earlier conversation left in their caches. */
  resuming: boolean;
  /** Whether it has a place in the pipeline, or waits for one. */
  entered: boolean;
  /** Whether the answer has had its last word. */
  over: boolean;
  /** When the next word of the pipeline is due at the latest. */
  readonly deadline: Deadline;
}

/** Makes the behaviour of a conversation. */
export function conversation(options: ConversationOptions): Behaviour<ConversationState, ConversationMessage> {
  return {
    accepts: accepting<ConversationMessage>(WireConversationMessage),
    start: (context) => start(options, context),
    receive,
    stopped: leaveBehind,
  };
}

function start(options: ConversationOptions, context: Context<ConversationMessage>): ConversationState {
  const { plan: { segments, context: positions }, request, answer, language } = options;
  const [first] = segments;
  if (first === undefined) throw new RangeError("a plan has segments");
  for (const device of [answer.device, ...segments.map(({ ref }) => ref.device)]) {
    context.watchDevice(device, () => ({ type: "device-lost", device }));
  }
  language.read(request.prompt, positions).then(
    (read) => context.tell(context.self, { type: "read", read }),
    (error) => context.tell(context.self, { type: "failed", reason: errorText(error) }),
  );
  return {
    options,
    context,
    first: first.ref,
    run: undefined,
    sequence: undefined,
    resuming: false,
    entered: false,
    over: false,
    deadline: new Deadline(context.clock, (milliseconds) => context.after(milliseconds, { type: "stalled" })),
  };
}

/** Takes the prompt's tokens. An answer that is over with what an earlier conversation drew is not run. */
function begin(state: ConversationState, read: PromptRead): Next<ConversationState> {
  if (read.type === "refused") return refuse(state, read.code, read.message);
  const { plan, request, progress, language: { tokenizer } } = state.options;
  const prompt = read.tokens;
  const room = Math.min(request.maxTokens, plan.context - prompt.length);
  const transcript = new Transcript({ tokenizer, prompt, request, progress, room });
  tell(state, { type: "started", promptTokens: prompt.length });
  const ended = transcript.ended();
  if (ended !== undefined) {
    tell(state, { type: "finished", tokens: [], ...ended });
    state.over = true;
    return stop();
  }
  const prefill = new Prefill(prompt, progress.generated);
  state.run = { prefill, transcript };
  // Of a sequence of one token nothing can be taken up: its last one is run in any case.
  state.resuming = prefill.ids.length > 1 && (progress.again === true || progress.generated.length > 0);
  return enter(state);
}

function refuse(state: ConversationState, code: Rejection, message: string): Next<never> {
  tell(state, { type: "rejected", code, message });
  state.over = true;
  return stop(message);
}

/**
 * Asks for a place in the pipeline. Only the first segment, which is on this device, is watched: it may be gone already. No
 * actor elsewhere is: those that end say so, and lost devices are seen here.
 */
function enter(state: ConversationState): Next<ConversationState> {
  const { context, first, run, resuming, options: { plan, request, progress } } = state;
  context.watch(first, ({ detail }) => ({ type: "failed", reason: `the first segment is gone: ${detail}` }));
  const route = plan.segments.slice(1).map(({ ref }) => ref);
  const resume = resuming ? run?.prefill.ids : undefined;
  const sharing = sharingOf(request, progress);
  context.tell(first, {
    type: "enter",
    conversation: context.self,
    route,
    sampling: request.sampling,
    resume,
    sharing,
  });
  state.entered = true;
  return listen(state);
}

/** Whether its sequence shares kernels: as it began, if it has. */
function sharingOf(
  { repeatable = true }: AnswerRequest,
  { shared = false, generated }: Progress,
): NonNullable<Enter["sharing"]> {
  if (shared) return "yes";
  return repeatable || generated.length > 0 ? "no" : "may";
}

function receive(state: ConversationState, message: ConversationMessage): Next<ConversationState> {
  switch (message.type) {
    case "read":
      return begin(state, message.read);
    case "seated":
      state.sequence = message.sequence;
      if (message.shared === true) tell(state, { type: "shares" });
      return feed(state);
    case "resumed":
      return resumed(state, message.position);
    case "advanced":
      state.run?.prefill.arrived();
      return feed(state);
    case "sampled":
      return sampled(state, message);
    case "failed":
      return broken(state, message.reason, true);
    case "device-lost":
      return deviceLost(state, message.device);
    case "stalled":
      return state.deadline.hasPassed() ? stalled(state) : next(state);
    case "cancel":
      state.over = true;
      leave(state, message.keep);
      return stop("cancelled");
    default:
      return message satisfies never;
  }
}

/** Sends the chunks of the prompt that may be under way. */
function feed(state: ConversationState): Next<ConversationState> {
  const { context, first, run, sequence, resuming } = state;
  if (run === undefined || sequence === undefined || resuming) return listen(state);
  for (const piece of run.prefill.take()) context.tell(first, forwardOf(sequence, piece));
  return listen(state);
}

/** The caches hold a beginning of the sequence: goes on behind it. */
function resumed(state: ConversationState, position: number): Next<ConversationState> {
  const { run, resuming } = state;
  if (run === undefined || !resuming || position >= run.prefill.ids.length) {
    return broken(state, `caches of ${position} positions came out of turn`, false);
  }
  state.resuming = false;
  run.prefill.skip(position);
  return feed(state);
}

function sampled(
  state: ConversationState,
  { position, token }: { readonly position: number; readonly token: number },
): Next<ConversationState> {
  const { context, first, run, sequence } = state;
  // A token that is not the one due can only come from a pipeline that lost count.
  if (run === undefined || sequence === undefined || position !== run.transcript.length) {
    return broken(state, `token ${position} came out of turn`, false);
  }
  const piece = run.transcript.push(token);
  if (piece.finished !== undefined) {
    tell(state, { type: "finished", reason: piece.finished, tokens: [...piece.tokens], text: piece.text });
    state.over = true;
    leave(state, false);
    return stop();
  }
  // The next step first: while it computes, the text finds its way to the reader.
  context.tell(first, forwardOf(sequence, nextToken(position, token)));
  tell(state, { type: "piece", tokens: [token], text: piece.text });
  return listen(state);
}

function deviceLost(state: ConversationState, device: string): Next<ConversationState> {
  const { answer, plan } = state.options;
  if (device === answer.device) {
    state.over = true;
    return stop("the device of its answer is lost");
  }
  const name = plan.segments.find(({ ref }) => ref.device === device)?.name ?? device;
  return broken(state, `the connection to ${name} was lost`, true);
}

/** Waits for the pipeline's next word, but not for ever. */
function listen(state: ConversationState): Next<ConversationState> {
  const milliseconds = state.sequence === undefined ? QUEUE_MILLISECONDS : STALL_MILLISECONDS;
  state.deadline.putOff(milliseconds);
  return next(state);
}

/** Nothing was heard for too long: of a place, which will not come sooner elsewhere, or of the step under way. */
function stalled(state: ConversationState): Next<never> {
  leave(state, false);
  if (state.sequence === undefined) {
    const message = `Other answers have held every place for ${QUEUE_MILLISECONDS / 60_000} minutes.`;
    return refuse(state, "overloaded", message);
  }
  const reason = `the pipeline has been silent for ${STALL_MILLISECONDS / 1000} seconds`;
  tell(state, { type: "stalled", reason });
  state.over = true;
  return stop(reason);
}

/** Ends the conversation; `keep` where nothing speaks against what the caches hold. */
function broken(state: ConversationState, reason: string, keep: boolean): Next<never> {
  leave(state, keep);
  sayBroken(state, reason);
  return stop(reason);
}

/** An answer that has not had its last word gets it, and the place in the pipeline is freed. */
function leaveBehind(state: ConversationState, { detail }: StopReason): void {
  if (!state.over) sayBroken(state, `its conversation has ended: ${detail}`);
  leave(state, true);
}

/** Frees the place in the pipeline, once; `keep` where another conversation may go on with what the caches hold. */
function leave(state: ConversationState, keep: boolean): void {
  const { context, first, entered } = state;
  state.entered = false;
  if (entered) context.tell(first, { type: "leave", conversation: context.self, keep });
}

function sayBroken(state: ConversationState, reason: string): void {
  state.over = true;
  tell(state, { type: "broken", reason: reason.slice(0, 1000) });
}

function tell({ options, context }: Pick<ConversationState, "options" | "context">, event: ConversationEvent): void {
  context.tell(options.answer, { type: "conversation", id: options.id, conversation: context.self, event });
}
