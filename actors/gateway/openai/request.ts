/** OpenAI's requests to ours. Pure but for the seed that is drawn where a client names none. */
import * as v from "valibot";
import { isGreedy, type SamplingOptions, validateSampling } from "../../../models/sampling/mod.ts";
import { errorText } from "../../../runtime/error-text.ts";
import {
  type AnswerRequest,
  MAX_PROMPT_BYTES,
  type Prompt,
  Prompt as PromptSchema,
  promptBytes,
} from "../../conversation/protocol.ts";
import { MAX_CONTEXT } from "../../wire.ts";
import { RequestError } from "../request-error.ts";
import { readMessages } from "./messages.ts";
import { ChatParameters, type CommonParameters, CompletionParameters, ignoredIn, MAX_CHOICES } from "./parameters.ts";

/** Which of the two generating endpoints. */
export type Endpoint = "completions" | "chat";

/** A request, read. */
export interface CompletionRequest {
  readonly endpoint: Endpoint;
  readonly model: string | undefined;
  /** One for each choice of the response, in their order. */
  readonly answers: readonly AnswerRequest[];
  /** Prompts that the answers are to, an equal share each. */
  readonly prompts: number;
  /** What the text of each choice begins with: the prompt, where the client wants it back. */
  readonly echo: readonly string[];
  readonly stream: boolean;
  /** Whether a stream ends with a chunk that holds the usage. */
  readonly usage: boolean;
  /** Whether a stream tells how far the prompt has been read. */
  readonly progress: boolean;
  /** Parameters that the client sent and that have no effect. */
  readonly ignored: readonly string[];
}

/** OpenAI's default for completions; chats go on until the model ends them or the context is full. */
const COMPLETION_TOKENS = 16;
/** Seeds that JSON keeps apart; of larger ones what is left over counts. */
const SEEDS = 2 ** 53;

/**
 * Reads a request's body.
 * @throws {RequestError} that names the parameter, what was given and what is supported.
 */
export function readRequest(endpoint: Endpoint, body: unknown): CompletionRequest {
  if (endpoint === "chat") {
    const parameters = parse(ChatParameters, body);
    const { messages, logprobs, top_logprobs } = parameters;
    return assemble({
      ...{ endpoint, parameters, body, echo: [""], prompts: [{ type: "chat", messages: readMessages(messages) }] },
      logprobs: logprobs === true ? top_logprobs ?? 0 : undefined,
    });
  }
  const parameters = parse(CompletionParameters, body);
  const prompts = readPrompts(parameters.prompt);
  const { n, best_of: best, logprobs } = parameters;
  if (best !== undefined && best !== null && best !== (n ?? 1)) {
    refuse("best_of", "must be the same as n: answers are not ranked");
  }
  const rated = typeof logprobs === "number" ? logprobs : undefined;
  if (rated !== undefined && parameters.echo === true) {
    refuse("echo", 'cannot go along with "logprobs": how likely the tokens of a prompt are is not told');
  }
  const echo = prompts.map((prompt) => echoOf(prompt, parameters));
  return assemble({ endpoint, parameters, prompts, echo, logprobs: rated, body });
}

function readPrompts(prompt: CompletionParameters["prompt"]): Prompt[] {
  if (typeof prompt === "string") return [{ type: "text", text: prompt }];
  if (prompt.length === 0) return [{ type: "text", text: "" }];
  if (isTokens(prompt)) return [{ type: "tokens", tokens: prompt }];
  return (prompt as readonly (string | number[])[]).map((one) => {
    return typeof one === "string" ? { type: "text", text: one } : { type: "tokens", tokens: one };
  });
}

function isTokens(prompt: readonly unknown[]): prompt is number[] {
  return prompt.every((part) => typeof part === "number");
}

function echoOf(prompt: Prompt, { echo }: CompletionParameters): string {
  if (echo !== true) return "";
  return prompt.type === "text" ? prompt.text : refuse("echo", "can give back prompts that are text only");
}

/** What a request comes to, whichever endpoint it came by. */
interface Parts {
  readonly endpoint: Endpoint;
  readonly parameters: CommonParameters;
  readonly prompts: readonly Prompt[];
  readonly echo: readonly string[];
  /** How many of the likeliest tokens are told at each place; undefined: nothing is told. */
  readonly logprobs: number | undefined;
  readonly body: unknown;
}

function assemble({ endpoint, parameters, prompts, echo, logprobs, body }: Parts): CompletionRequest {
  const times = parameters.n ?? 1;
  const choices = prompts.length * times;
  if (choices > MAX_CHOICES) refuse("n", `and the prompts ask for ${choices} answers; ${MAX_CHOICES} is the most`);
  const sampling = readSampling(parameters);
  const repeatable = isGreedy(sampling) || !isLeftOpen(parameters.seed);
  const common = { maxTokens: maxTokens(endpoint, parameters), stop: readStop(parameters), repeatable, logprobs };
  // Answers to one prompt differ by their seeds alone; the first has the one that was asked for.
  const answers = prompts.map(readPrompt).flatMap((prompt) =>
    Array.from({ length: times }, (_, index) => {
      return { ...common, prompt, sampling: { ...sampling, seed: (sampling.seed + index) % SEEDS } };
    })
  );
  return {
    endpoint,
    model: parameters.model ?? undefined,
    stream: parameters.stream ?? false,
    usage: parameters.stream_options?.include_usage ?? false,
    progress: parameters.return_progress ?? false,
    answers,
    prompts: prompts.length,
    echo: echo.flatMap((text) => new Array<string>(times).fill(text)),
    ignored: ignoredIn(body),
  };
}

function maxTokens(endpoint: Endpoint, { max_completion_tokens, max_tokens }: CommonParameters): number {
  const limit = max_completion_tokens ?? max_tokens;
  if (limit === -1) return MAX_CONTEXT;
  return Math.min(limit ?? (endpoint === "completions" ? COMPLETION_TOKENS : MAX_CONTEXT), MAX_CONTEXT);
}

function readStop({ stop }: CommonParameters): string[] {
  return (typeof stop === "string" ? [stop] : stop ?? []).filter((text) => text !== "");
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

function readSampling(parameters: CommonParameters): SamplingOptions {
  const { top_k: topK, top_p: topP, logit_bias: biases } = parameters;
  try {
    return validateSampling({
      temperature: parameters.temperature ?? undefined,
      // -1 is "all" for those who count from there.
      topK: topK === -1 ? 0 : topK ?? undefined,
      // No token alone has less, so the most likely one is left.
      topP: topP === 0 ? Number.MIN_VALUE : topP ?? undefined,
      minP: parameters.min_p ?? undefined,
      repetitionPenalty: parameters.repetition_penalty ?? parameters.repeat_penalty ?? undefined,
      presencePenalty: parameters.presence_penalty ?? undefined,
      frequencyPenalty: parameters.frequency_penalty ?? undefined,
      logitBias: biases ? Object.entries(biases).map(([token, bias]) => [Number(token), bias] as const) : undefined,
      seed: readSeed(parameters.seed),
    });
  } catch (error) {
    throw new RequestError(400, "invalid_value", errorText(error));
  }
}

function isLeftOpen(seed: number | null | undefined): seed is null | undefined | -1 {
  return seed === null || seed === undefined || seed === -1;
}

/** Chosen here where the client leaves it open, so that an answer that is taken up again draws the same tokens. */
function readSeed(seed: number | null | undefined): number {
  if (isLeftOpen(seed)) return Math.floor(Math.random() * 2 ** 32);
  if (!Number.isInteger(seed)) refuse("seed", "must be a whole number");
  return seed % SEEDS;
}

function refuse(parameter: string, sentence: string): never {
  throw new RequestError(400, "invalid_request", `"${parameter}" ${sentence}.`, parameter);
}

function parse<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  if (path !== null) return refuse(path, issue.received === "undefined" ? "is missing" : issue.message);
  throw new RequestError(400, "invalid_request", "The body must be a JSON object.");
}
