/** OpenAI's generating endpoints: a prompt in, answers out, whole or as a stream of server-sent events. */
import { answers } from "./answers.ts";
import type { ApiOptions } from "./api-options.ts";
import { readJson } from "./body.ts";
import { Choices } from "./choices.ts";
import { levelHeaders } from "./openai/level-details.ts";
import { type CompletionRequest, type Endpoint, readRequest } from "./openai/request.ts";
import { type Choice, type ResponseHead, wholeResponse } from "./openai/response.ts";
import { streamResponse } from "./openai/stream.ts";
import type { Likelihood } from "../conversation/likelihoods.ts";
import type { ActivePlan } from "../plan.ts";
import type { AnswerEvent } from "./protocol.ts";
import { failureOf, RequestError } from "./request-error.ts";

/**
 * Answers a request.
 * @param clientOf names who asks, given the request's body
 * @throws {RequestError} where it cannot be answered
 */
export async function complete(
  endpoint: Endpoint,
  request: Request,
  options: ApiOptions,
  clientOf: (body: unknown) => string,
): Promise<Response> {
  const { system, device, closing, clock } = options;
  const body = await readJson(request);
  const read = readRequest(endpoint, body);
  const client = clientOf(body);
  const target = read.target ?? options.target;
  const left = new AbortController();
  const gone = AbortSignal.any([request.signal, left.signal]);
  const choices = new Choices(read.answers.map((answer) => {
    return answers(system, device, { request: { ...answer, client }, model: read.model, target }, { gone, closing });
  }));
  try {
    // The status line waits for the first words, so that a prompt that cannot be answered gets its 4xx also in a stream.
    const [begun] = (await choices.begin()).map(begunBy);
    if (begun === undefined) throw cancelled();
    const head = headOf(read, begun.plan);
    const headers = levelHeaders(begun.chosen);
    if (!read.stream) return Response.json(wholeResponse(head, await whole(read, choices)), { headers });
    return streamResponse({ head, request: read, choices, clock, headers, leave: () => left.abort() });
  } catch (error) {
    // One choice that fails ends the others.
    left.abort();
    throw error;
  }
}

/** How an answer began: under which plan, and at which level. */
function begunBy(first: AnswerEvent | undefined): Extract<AnswerEvent, { type: "started" }> {
  if (first === undefined) throw cancelled();
  if (first.type === "failed") throw failureOf(first);
  if (first.type !== "started") throw new Error(`An answer began with "${first.type}".`);
  return first;
}

function headOf({ endpoint, answers, prompts, ignored }: CompletionRequest, { model }: ActivePlan): ResponseHead {
  const prefix = endpoint === "chat" ? "chatcmpl" : "cmpl";
  return {
    id: `${prefix}-${crypto.randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: model.name,
    endpoint,
    choicesPerPrompt: answers.length / prompts,
    ignored,
    logprobs: answers.some(({ logprobs }) => logprobs !== undefined),
  };
}

async function whole({ echo }: CompletionRequest, choices: Choices): Promise<Choice[]> {
  const texts = [...echo];
  const likelihoods = texts.map((): Likelihood[] => []);
  const done: Choice[] = [];
  for (let left = texts.length; left > 0;) {
    const { index, event } = await choices.take() ?? {};
    if (event === undefined || index === undefined) throw cancelled();
    if (event.type === "text") {
      texts[index] += event.text;
      likelihoods[index]?.push(...event.likelihoods ?? []);
    }
    if (event.type === "failed") throw failureOf(event);
    if (event.type !== "finished") continue;
    done[index] = { text: texts[index] ?? "", likelihoods: likelihoods[index] ?? [], end: event };
    left--;
  }
  return done;
}

function cancelled(): RequestError {
  return new RequestError(499, "cancelled", "The client has gone.");
}
