/**
 * The conversation: tokens in, text out, for one prompt. It lives on the device of the first segment, steps its sequence
 * through the pipeline and tells the answer that it works for what comes out. It can start in the middle: given the tokens
 * that an earlier conversation drew, it goes on from the next one, since the same seed draws the same token at a position;
 * what the caches still hold of them is not run again.
 *
 * Its last word to the answer is "finished", "rejected", "broken" or "stalled", however it ends; only a lost device says nothing, and
 * that the answer's own device notices.
 */
import { type Behaviour, type Context, type Next, next, stop, type StopReason } from "../../runtime/actor/mod.ts";
import { errorText } from "../../runtime/error-text.ts";
import { forwardOf, type SequenceMessage } from "../pipeline.ts";
import { accepting } from "../wire.ts";
import { Deadline } from "./deadline.ts";
import { type Asked, entranceOf } from "./entrance.ts";
import { type ConversationMessage, type PromptRead, type Rejection, WireConversationMessage } from "./protocol.ts";
import { likelihoodsOf } from "./likelihoods.ts";
import { followFrom, guessedOf, Guessing } from "./guessing.ts";
import { type ConversationOptions, type ConversationState, leave, sayBroken, tell } from "./state.ts";
import { nextToken, Prefill } from "./steps.ts";
import { Transcript } from "./transcript.ts";

export type { ConversationOptions } from "./state.ts";

/** Longest silence of the pipeline while a step is under way. Slow boards need seconds for a chunk, none needs this. */
export const STALL_MILLISECONDS = 60_000;

/** Longest wait for a cache slot while other answers have them all. */
export const QUEUE_MILLISECONDS = 600_000;
/** Seconds after which somebody may try again who has waited for so long: those before it have not gone at once. */
const QUEUE_RETRY_SECONDS = 60;

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
    started: false,
    cached: 0,
    entered: false,
    over: false,
    deadline: new Deadline(context.clock, (milliseconds) => context.after(milliseconds, { type: "stalled" })),
  };
}

/** Takes the prompt's tokens. An answer that is over with what an earlier conversation drew is not run. */
function begin(state: ConversationState, read: PromptRead): Next<ConversationState> {
  if (read.type === "refused") return refuse(state, read.code, read.message);
  const { plan, request, progress, language: { tokenizer }, speculates = true, experience, policy } = state.options;
  const prompt = read.tokens;
  const room = Math.min(request.maxTokens, plan.context - prompt.length);
  const transcript = new Transcript({ tokenizer, prompt, request, progress, room });
  const ended = transcript.ended();
  if (ended !== undefined) {
    tell(state, { type: "started", promptTokens: prompt.length });
    tell(state, { type: "finished", tokens: [], ...ended });
    state.over = true;
    return stop();
  }
  const prefill = new Prefill(prompt, progress.generated);
  const guessing = speculates
    ? new Guessing({ ids: prefill.ids, clock: state.context.clock, experience, policy })
    : undefined;
  state.run = { prefill, transcript, guessing };
  const again = !isFresh(state.options);
  // Of a sequence of one token nothing can be taken up: its last one is run in any case.
  state.resuming = prefill.ids.length > 1 && again;
  return enter(state, { prompt, room: prompt.length + room, fresh: !again });
}

/** Whether no conversation has begun the answer before. */
function isFresh({ progress }: ConversationOptions): boolean {
  return progress.again !== true && progress.generated.length === 0;
}

/** It has its place, or one in the line: the answer can begin. */
function started(state: ConversationState): void {
  if (state.started || state.run === undefined) return;
  state.started = true;
  tell(state, { type: "started", promptTokens: state.run.prefill.promptTokens });
}

/** How far it is with the prompt, while there is some of it left. */
function sayRead(state: ConversationState, position: number): void {
  const { run, cached } = state;
  if (run !== undefined && position < run.prefill.promptTokens) {
    tell(state, { type: "reading", tokens: position, cached });
  }
}

function refuse(
  state: ConversationState,
  code: Rejection,
  message: string,
  retryAfterSeconds?: number,
): Next<never> {
  tell(state, { type: "rejected", code, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
  state.over = true;
  return stop(message);
}

/**
 * Asks for a place in the pipeline. Only the first segment, which is on this device, is watched: it may be gone already. No
 * actor elsewhere is: those that end say so, and lost devices are seen here.
 */
function enter(state: ConversationState, asked: Asked): Next<ConversationState> {
  const { context, first } = state;
  context.watch(first, ({ detail }) => ({ type: "failed", reason: `the first segment is gone: ${detail}` }));
  context.tell(first, entranceOf(state, asked));
  state.entered = true;
  return listen(state);
}

function receive(state: ConversationState, message: ConversationMessage): Next<ConversationState> {
  switch (message.type) {
    case "read":
      return begin(state, message.read);
    case "seated":
      started(state);
      state.sequence = message.sequence;
      if (message.shared === true) tell(state, { type: "shares" });
      if (message.resumes === true) state.resuming = true;
      return feed(state);
    case "waits":
      started(state);
      return listen(state);
    case "refused":
      return refuse(state, "overloaded", message.reason, message.retryAfterSeconds);
    case "resumed":
      return resumed(state, message.position);
    case "advanced":
      state.run?.prefill.arrived(message.position);
      sayRead(state, message.position);
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
      leave(state, message.keep ? "answer" : "prompts");
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
  if (isFresh(state.options)) state.cached = position;
  run.prefill.skip(position);
  sayRead(state, position);
  return feed(state);
}

type Sampled = Extract<SequenceMessage, { readonly type: "sampled" }>;

function sampled(
  state: ConversationState,
  { position, tokens, ratings }: Sampled,
): Next<ConversationState> {
  const { context, first, run, sequence, options: { language: { tokenizer }, request } } = state;
  const guesses = run?.guessing?.ahead ?? [];
  const last = tokens.at(-1);
  // A token that is not the one due can only come from a pipeline that lost count.
  if (
    run === undefined || sequence === undefined || last === undefined || position !== run.transcript.length ||
    !followFrom(tokens, guesses)
  ) {
    return broken(state, `token ${position} came out of turn`, false);
  }
  if (request.logprobs !== undefined && ratings?.length !== tokens.length) {
    return broken(state, `token ${position} came without its probability`, false);
  }
  const { finished: reason, ...taken } = run.transcript.take(tokens);
  const piece = {
    tokens: [...taken.tokens],
    text: taken.text,
    ...guessedOf(guesses, tokens, taken.tokens),
    ...likelihoodsOf(taken.tokens, ratings, tokenizer),
  };
  if (reason !== undefined) {
    const cached = state.cached > 0 ? { cached: state.cached } : {};
    tell(state, { type: "finished", reason, ...piece, ...cached });
    state.over = true;
    leave(state, "prompts");
    return stop();
  }
  // The next step first: while it computes, the text finds its way to the reader.
  run.guessing?.drawn(tokens);
  const ahead = run.guessing?.next(run.transcript.room, tokenizer.endIds);
  context.tell(first, forwardOf(sequence, nextToken(run.transcript.length - 1, last, ahead)));
  tell(state, { type: "piece", ...piece });
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
  leave(state, "nobody");
  if (state.sequence === undefined) {
    const message = `Other answers have held every place for ${QUEUE_MILLISECONDS / 60_000} minutes.`;
    return refuse(state, "overloaded", message, QUEUE_RETRY_SECONDS);
  }
  const reason = `the pipeline has been silent for ${STALL_MILLISECONDS / 1000} seconds`;
  tell(state, { type: "stalled", reason });
  state.over = true;
  return stop(reason);
}

/** Ends the conversation; `keep` where nothing speaks against what the caches hold. */
function broken(state: ConversationState, reason: string, keep: boolean): Next<never> {
  leave(state, keep ? "answer" : "nobody");
  sayBroken(state, reason);
  return stop(reason);
}

/** An answer that has not had its last word gets it, and the place in the pipeline is freed. */
function leaveBehind(state: ConversationState, { detail }: StopReason): void {
  if (!state.over) sayBroken(state, `its conversation has ended: ${detail}`);
  leave(state, "answer");
}
