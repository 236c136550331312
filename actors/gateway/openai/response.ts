/** Our events to OpenAI's responses. Pure. */
import type { AnswerDetails } from "../api.ts";
import type { Likelihood } from "../../conversation/likelihoods.ts";
import type { AnswerEvent, Timings } from "../protocol.ts";
import { levelDetails } from "./level-details.ts";
import { logprobsOf } from "./logprobs.ts";
import type { Endpoint } from "./request.ts";

/** How an answer ended. */
export type Finished = Extract<AnswerEvent, { type: "finished" }>;

/** What all parts of one response share. */
export interface ResponseHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly endpoint: Endpoint;
  /** Answers to one prompt, which is counted once in the usage. */
  readonly choicesPerPrompt: number;
  /** Parameters that had no effect. */
  readonly ignored: readonly string[];
  /** Whether the client wants to know how likely tokens were. */
  readonly logprobs: boolean;
}

/** One answer of a response, whole. */
export interface Choice {
  readonly text: string;
  readonly likelihoods: readonly Likelihood[];
  readonly end: Finished;
}

/** A whole response. `skein` holds what OpenAI's format has no place for. */
export function wholeResponse(head: ResponseHead, choices: readonly Choice[]): object {
  const { endpoint } = head;
  const ends = choices.map(({ end }) => end);
  return {
    ...envelope(head, false),
    choices: choices.map(({ text, likelihoods, end: { reason: finish_reason } }, index) => {
      const logprobs = head.logprobs ? logprobsOf(endpoint, likelihoods) : null;
      return endpoint === "chat"
        ? { index, message: { role: "assistant", content: text, refusal: null }, finish_reason, logprobs }
        : { index, text, finish_reason, logprobs };
    }),
    usage: usageOf(head, ends),
    skein: detailsOf(head, ends),
  };
}

/** The chunk that begins a choice of a stream. */
export function firstChunk(head: ResponseHead, index: number): object | undefined {
  return head.endpoint === "completions" ? undefined : chunk(head, index, { role: "assistant", content: "" }, null);
}

/** A chunk with text, and with the `logprobs` of what came along where they are wanted. */
export function textChunk(head: ResponseHead, index: number, text: string, logprobs: object | null = null): object {
  return chunk(head, index, { content: text }, null, logprobs);
}

/** A chunk that adds nothing but tells how far the prompt has been read, as llama.cpp's server does. */
export function progressChunk(
  head: ResponseHead,
  index: number,
  { tokens, cachedTokens, promptTokens, milliseconds }: Extract<AnswerEvent, { type: "reading" }>,
): object {
  const progress = { total: promptTokens, cache: cachedTokens, processed: tokens, time_ms: Math.round(milliseconds) };
  return { ...chunk(head, index, {}, null), prompt_progress: progress };
}

/** The chunk that ends a choice. */
export function lastChunk(head: ResponseHead, index: number, end: Finished): object {
  return { ...chunk(head, index, {}, end.reason), skein: detailsOf(head, [end]) };
}

/** The chunk with the usage of a whole stream. */
export function usageChunk(head: ResponseHead, ends: readonly Finished[]): object {
  return { ...envelope(head, true), choices: [], usage: usageOf(head, ends) };
}

/** What a chunk of a chat adds. */
type Delta = { readonly role?: "assistant"; readonly content?: string };

function chunk(
  head: ResponseHead,
  index: number,
  delta: Delta,
  finish_reason: Finished["reason"] | null,
  logprobs: object | null = null,
) {
  const choice = head.endpoint === "chat"
    ? { index, delta, finish_reason, logprobs }
    : { index, text: delta.content ?? "", finish_reason, logprobs };
  return { ...envelope(head, true), choices: [choice] };
}

function envelope({ id, created, model, endpoint }: ResponseHead, chunk: boolean): object {
  const object = endpoint === "completions" ? "text_completion" : chunk ? "chat.completion.chunk" : "chat.completion";
  return { id, object, created, model };
}

function usageOf({ choicesPerPrompt }: ResponseHead, ends: readonly Finished[]): object {
  const { prompt, cached, completion } = counted(choicesPerPrompt, ends);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    ...guessedOf(ends),
  };
}

/** Tokens that were guessed, under the names that OpenAI has for predicted outputs; nothing where none were. */
function guessedOf(ends: readonly Finished[]): object {
  const guessed = ends.flatMap(({ timings }) => timings.guessed ?? []);
  if (guessed.length === 0) return {};
  return {
    completion_tokens_details: {
      accepted_prediction_tokens: guessed.reduce((sum, { accepted }) => sum + accepted, 0),
      rejected_prediction_tokens: guessed.reduce((sum, { rejected }) => sum + rejected, 0),
    },
  };
}

function counted(choicesPerPrompt: number, ends: readonly Finished[]) {
  const sum = (of: (timings: Timings) => number, which: readonly Finished[]) => {
    return which.reduce((total, { timings }) => total + of(timings), 0);
  };
  const first = ends.filter((_, index) => index % choicesPerPrompt === 0);
  return {
    prompt: sum(({ promptTokens }) => promptTokens, first),
    cached: sum(({ cachedTokens }) => cachedTokens, first),
    completion: sum(({ completionTokens }) => completionTokens, ends),
  };
}

function firstOf({ timings }: Finished): number {
  return timings.timeToFirstTokenMilliseconds;
}

/** Times and route; of several answers until the first one's first token and the last one's end. */
function detailsOf({ choicesPerPrompt, ignored }: ResponseHead, ends: readonly Finished[]): AnswerDetails {
  const timings = ends.map((end) => end.timings);
  // Of several, the level and its times are those of the one whose first token came last.
  const slowest = ends.toSorted((a, b) => firstOf(b) - firstOf(a))[0];
  const { prompt, completion } = counted(choicesPerPrompt, ends);
  return {
    ttft_ms: Math.min(...timings.map((each) => each.timeToFirstTokenMilliseconds)),
    total_ms: Math.max(...timings.map((each) => each.totalMilliseconds)),
    prompt_tokens: prompt,
    completion_tokens: completion,
    conversations: Math.max(...timings.map((each) => each.conversations)),
    route: ends[0]?.plan.segments.map(({ name, first, last }) => ({ device: name, first, last })) ?? [],
    ...(ignored.length === 0 ? {} : { ignored: [...ignored] }),
    ...(slowest === undefined ? {} : levelDetails(slowest.chosen, slowest.timings)),
  };
}
