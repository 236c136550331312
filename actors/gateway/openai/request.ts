/** OpenAI's requests to ours. Pure but for the seed that is drawn where a client names none. */
import * as v from "valibot";
import { isGreedy } from "../../../models/sampling/mod.ts";
import {
  type AnswerRequest,
  MAX_PROMPT_BYTES,
  type Prompt,
  Prompt as PromptSchema,
  promptBytes,
} from "../../conversation/protocol.ts";
import { parseTarget, type Target } from "../../../plans/mod.ts";
import { MAX_CONTEXT } from "../../wire.ts";
import { RequestError } from "../request-error.ts";
import { readMessages } from "./messages.ts";
import { isLeftOpen, readSampling, SEEDS } from "./sampling.ts";
import { refuse } from "./refuse.ts";
import {
  ChatParameters,
  type CommonParameters,
  CompletionParameters,
  type Endpoint,
  ignoredIn,
  MAX_CHOICES,
} from "./parameters.ts";

export type { Endpoint };

/** A request, read. */
export interface CompletionRequest {
  readonly endpoint: Endpoint;
  readonly model: string | undefined;
  /** How fast the answers must be; absent where the client does not say. */
  readonly target?: Target;
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
/** No vocabulary has more. */
const MAX_TOKEN_ID = 0x7fffffff;
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
  if (isTokens(prompt)) return [tokensOf(prompt)];
  return (prompt as readonly (string | number[])[]).map((one) => {
    return typeof one === "string" ? { type: "text", text: one } : tokensOf(one);
  });
}

function tokensOf(tokens: number[]): Prompt {
  const other = tokens.find((token) => !Number.isInteger(token) || token < 0 || token > MAX_TOKEN_ID);
  if (other !== undefined) refuse("prompt", `has the number ${other}, which is no token id`);
  return { type: "tokens", tokens };
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
    model: parameters.model || undefined,
    ...targetIn(parameters),
    stream: parameters.stream ?? false,
    usage: parameters.stream_options?.include_usage ?? false,
    progress: parameters.return_progress ?? false,
    answers,
    prompts: prompts.length,
    echo: echo.flatMap((text) => new Array<string>(times).fill(text)),
    ignored: ignoredIn(endpoint, body, parameters),
  };
}

function targetIn({ slo, slo_strict: strict }: CommonParameters): { readonly target?: Target } {
  if (slo === null || slo === undefined) return {};
  const parsed = parseTarget(slo, strict ?? false);
  if (parsed.type === "target") return { target: parsed.target };
  throw new RequestError(400, "invalid_request", parsed.reason, "slo");
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

function parse<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  if (path !== null) return refuse(path, issue.received === "undefined" ? "is missing" : issue.message);
  throw new RequestError(400, "invalid_request", "The body must be a JSON object.");
}
