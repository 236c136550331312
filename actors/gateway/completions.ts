/** OpenAI's generating endpoints: a prompt in, an answer out, whole or as a stream of server-sent events. */
import { errorText } from "../../runtime/error-text.ts";
import { answers } from "./answers.ts";
import type { ApiOptions } from "./api-options.ts";
import {
  type CompletionRequest,
  type Endpoint,
  firstChunk,
  lastChunks,
  readRequest,
  type ResponseHead,
  textChunk,
  wholeResponse,
} from "./openai.ts";
import type { AnswerEvent } from "./protocol.ts";
import { errorBody, failureOf, RequestError, statusOf } from "./request-error.ts";

type Events = AsyncGenerator<AnswerEvent, void>;

/** Answers a request. @throws {RequestError} where it cannot be. */
export async function complete(
  endpoint: Endpoint,
  request: Request,
  { system, device, closing }: ApiOptions,
): Promise<Response> {
  const read = readRequest(endpoint, await bodyOf(request));
  const prompt = { request: read.answer, model: read.model };
  const left = new AbortController();
  const gone = AbortSignal.any([request.signal, left.signal]);
  const events = answers(system, device, prompt, { gone, closing });
  // The status line waits for the first word, so that a prompt that cannot be answered gets its 4xx also in a stream.
  const { value: first } = await events.next();
  if (first === undefined) throw cancelled();
  if (first.type === "failed") throw failureOf(first);
  if (first.type !== "started") throw new Error(`An answer began with "${first.type}".`);
  const prefix = endpoint === "chat" ? "chatcmpl" : "cmpl";
  const created = Math.floor(Date.now() / 1000);
  const head = { id: `${prefix}-${crypto.randomUUID()}`, created, model: first.plan.model.name, endpoint };
  return read.stream ? stream(head, read, events, left) : await whole(head, events);
}

async function bodyOf(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch (error) {
    throw new RequestError(400, "invalid_json", `The body is not JSON: ${errorText(error)}.`);
  }
}

async function whole(head: ResponseHead, events: Events): Promise<Response> {
  let text = "";
  for await (const event of events) {
    if (event.type === "text") text += event.text;
    if (event.type === "failed") throw failureOf(event);
    if (event.type === "finished") return Response.json(wholeResponse(head, text, event));
  }
  throw cancelled();
}

function stream(
  head: ResponseHead,
  { usage }: CompletionRequest,
  events: Events,
  left: AbortController,
): Response {
  const encoder = new TextEncoder();
  const line = (data: object | string) =>
    encoder.encode(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
  const first = firstChunk(head);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (first !== undefined) controller.enqueue(line(first));
    },
    async pull(controller) {
      const { value: event } = await events.next();
      if (event?.type === "text") return controller.enqueue(line(textChunk(head, event.text)));
      if (event?.type === "finished") {
        for (const chunk of lastChunks(head, event, usage)) controller.enqueue(line(chunk));
        controller.enqueue(line("[DONE]"));
      }
      if (event?.type === "failed") {
        controller.enqueue(line(errorBody(statusOf(event.code), event.code, event.message)));
      }
      controller.close();
    },
    async cancel() {
      // First: a generator that waits for its next event does not hear that it is to return.
      left.abort();
      await events.return();
    },
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
  });
}

function cancelled(): RequestError {
  return new RequestError(499, "cancelled", "The client has gone.");
}
