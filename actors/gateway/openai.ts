/** OpenAI's wire format: their requests to ours, our events to their responses. Pure. */
import * as v from "valibot";
import { validateSampling } from "../../models/sampling/mod.ts";
import { errorText } from "../../runtime/error-text.ts";
import type { AnswerRequest, Prompt } from "../conversation/protocol.ts";
import {
  MAX_PROMPT_BYTES,
  MAX_STOP_CHARACTERS,
  Prompt as PromptSchema,
  promptBytes,
} from "../conversation/protocol.ts";
import { MAX_CONTEXT } from "../wire.ts";
import type { AnswerDetails } from "./api.ts";
import type { AnswerEvent, Timings } from "./protocol.ts";
import { RequestError } from "./request-error.ts";

/** Which of the two generating endpoints. */
export type Endpoint = "completions" | "chat";

/** A request, read. */
export interface CompletionRequest {
  readonly endpoint: Endpoint;
  readonly model: string | undefined;
  readonly answer: AnswerRequest;
  readonly stream: boolean;
  /** Whether a stream ends with a chunk that holds the usage. */
  readonly usage: boolean;
}

/** OpenAI's default for completions; chats go on until the model ends them or the context is full. */
const COMPLETION_TOKENS = 16;

const Stop = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_STOP_CHARACTERS));

const Parameters = v.object({
  model: v.optional(v.string()),
  stream: v.nullish(v.boolean(), false),
  stream_options: v.nullish(v.object({ include_usage: v.nullish(v.boolean(), false) })),
  max_tokens: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1))),
  max_completion_tokens: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1))),
  temperature: v.nullish(v.number()),
  top_p: v.nullish(v.number()),
  top_k: v.nullish(v.number()),
  min_p: v.nullish(v.number()),
  repetition_penalty: v.nullish(v.number()),
  seed: v.nullish(v.number()),
  stop: v.nullish(v.union([Stop, v.pipe(v.array(Stop), v.maxLength(16))])),
  n: v.nullish(v.literal(1)),
  best_of: v.nullish(v.literal(1)),
  echo: v.nullish(v.literal(false)),
  logprobs: v.nullish(v.union([v.literal(false), v.literal(0)])),
  presence_penalty: v.nullish(v.literal(0)),
  frequency_penalty: v.nullish(v.literal(0)),
  tools: v.nullish(v.pipe(v.array(v.unknown()), v.maxLength(0))),
});

const CompletionParameters = v.object({
  ...Parameters.entries,
  prompt: v.union([v.string(), v.pipe(v.array(v.string()), v.length(1)), v.array(v.number())]),
});

const TextPart = v.object({ type: v.literal("text"), text: v.string() });
const ChatParameters = v.object({
  ...Parameters.entries,
  messages: v.array(v.object({ role: v.string(), content: v.union([v.string(), v.array(TextPart)]) })),
});

/**
 * Reads a request's body.
 * @throws {RequestError} that names the parameter, what was given and what is supported.
 */
export function readRequest(endpoint: Endpoint, body: unknown): CompletionRequest {
  if (endpoint === "completions") {
    const parameters = parse(CompletionParameters, body);
    const { prompt } = parameters;
    const tokens = Array.isArray(prompt) && prompt.every((part) => typeof part === "number") && prompt.length > 0;
    return assemble(
      endpoint,
      parameters,
      tokens
        ? { type: "tokens", tokens: prompt as number[] }
        : { type: "text", text: typeof prompt === "string" ? prompt : String(prompt[0] ?? "") },
    );
  }
  const parameters = parse(ChatParameters, body);
  return assemble(endpoint, parameters, {
    type: "chat",
    messages: parameters.messages.map(({ role, content }) => ({
      role,
      content: typeof content === "string" ? content : content.map((part) => part.text).join(""),
    })),
  });
}

function assemble(endpoint: Endpoint, parameters: v.InferOutput<typeof Parameters>, prompt: Prompt): CompletionRequest {
  const limit = parameters.max_completion_tokens ?? parameters.max_tokens;
  const stop = parameters.stop ?? [];
  return {
    endpoint,
    model: parameters.model,
    stream: parameters.stream ?? false,
    usage: parameters.stream_options?.include_usage ?? false,
    answer: {
      prompt: readPrompt(prompt),
      sampling: readSampling(parameters),
      maxTokens: Math.min(limit ?? (endpoint === "completions" ? COMPLETION_TOKENS : MAX_CONTEXT), MAX_CONTEXT),
      stop: typeof stop === "string" ? [stop] : stop,
    },
  };
}

/** A prompt that devices can send each other, whichever of them answers it. */
function readPrompt(prompt: Prompt): Prompt {
  const bytes = promptBytes(prompt);
  if (bytes <= MAX_PROMPT_BYTES) return parse(PromptSchema, prompt);
  throw new RequestError(
    413,
    "prompt_too_large",
    `The prompt takes ${bytes} bytes; at most ${MAX_PROMPT_BYTES} can be sent from device to device.`,
  );
}

function readSampling(parameters: v.InferOutput<typeof Parameters>) {
  try {
    return validateSampling({
      temperature: parameters.temperature ?? undefined,
      topK: parameters.top_k ?? undefined,
      topP: parameters.top_p ?? undefined,
      minP: parameters.min_p ?? undefined,
      repetitionPenalty: parameters.repetition_penalty ?? undefined,
      // Chosen here where the client leaves it open, so that an answer that is taken up again draws the same tokens.
      seed: parameters.seed ?? Math.floor(Math.random() * 2 ** 32),
    });
  } catch (error) {
    throw new RequestError(400, "invalid_value", errorText(error));
  }
}

function parse<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const param = v.getDotPath(issue);
  const where = param === null ? "The body" : `"${param}"`;
  throw new RequestError(400, "invalid_request", `${where} cannot be served: ${issue.message}.`, param);
}

/** What all parts of one response share. */
export interface ResponseHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly endpoint: Endpoint;
}

/** A whole response. `skein` holds what OpenAI's format has no place for. */
export function wholeResponse(
  head: ResponseHead,
  text: string,
  end: Extract<AnswerEvent, { type: "finished" }>,
): object {
  const choice = head.endpoint === "chat"
    ? { index: 0, message: { role: "assistant", content: text }, finish_reason: end.reason }
    : { index: 0, text, finish_reason: end.reason, logprobs: null };
  return { ...envelope(head, false), choices: [choice], usage: usageOf(end.timings), skein: detailsOf(end) };
}

/** The first chunk of a stream. */
export function firstChunk(head: ResponseHead): object | undefined {
  if (head.endpoint === "completions") return undefined;
  return {
    ...envelope(head, true),
    choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }],
  };
}

/** A chunk with text. */
export function textChunk(head: ResponseHead, text: string): object {
  const choice = head.endpoint === "chat"
    ? { index: 0, delta: { content: text }, finish_reason: null }
    : { index: 0, text, finish_reason: null, logprobs: null };
  return { ...envelope(head, true), choices: [choice] };
}

/** The chunks that end a stream. */
export function lastChunks(
  head: ResponseHead,
  end: Extract<AnswerEvent, { type: "finished" }>,
  usage: boolean,
): object[] {
  const choice = head.endpoint === "chat"
    ? { index: 0, delta: {}, finish_reason: end.reason }
    : { index: 0, text: "", finish_reason: end.reason, logprobs: null };
  const last = { ...envelope(head, true), choices: [choice], skein: detailsOf(end) };
  return usage ? [last, { ...envelope(head, true), choices: [], usage: usageOf(end.timings) }] : [last];
}

function envelope({ id, created, model, endpoint }: ResponseHead, chunk: boolean): object {
  const object = endpoint === "completions" ? "text_completion" : chunk ? "chat.completion.chunk" : "chat.completion";
  return { id, object, created, model };
}

function usageOf({ promptTokens, completionTokens }: Timings): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

function detailsOf({ timings, plan }: Extract<AnswerEvent, { type: "finished" }>): AnswerDetails {
  return {
    ttft_ms: timings.timeToFirstTokenMilliseconds,
    total_ms: timings.totalMilliseconds,
    prompt_tokens: timings.promptTokens,
    completion_tokens: timings.completionTokens,
    conversations: timings.conversations,
    route: plan.segments.map(({ name, first, last }) => ({ device: name, first, last })),
  };
}
