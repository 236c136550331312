/** The API of a daemon: OpenAI's endpoints, health, and what the CLI looks at. Web-standard requests in, responses out. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import type { ActorSystem } from "../../runtime/actor/mod.ts";
import type { AnswerEvent } from "./answer.ts";
import { answers } from "./answers.ts";
import type { Device } from "../device.ts";
import { inspection } from "./inspection.ts";
import { meshView } from "./mesh-view.ts";
import {
  type CompletionRequest,
  type Endpoint,
  errorBody,
  firstChunk,
  lastChunks,
  readRequest,
  RequestError,
  type ResponseHead,
  statusOf,
  textChunk,
  wholeResponse,
} from "./openai.ts";
import { isLocal } from "./origin.ts";
import { plansIn, standingOf } from "../plan.ts";

/** Bytes of a request's body: a prompt far longer than any context. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** What the API serves. */
export interface ApiOptions {
  readonly system: ActorSystem;
  readonly device: Device;
  /** Aborted when the daemon stops: what is being answered then ends with an error that says so. */
  readonly closing: AbortSignal;
}

/** Makes the API's handler. */
export function createApi(options: ApiOptions): (request: Request) => Response | Promise<Response> {
  const { system, device, closing } = options;
  const app = new Hono();
  app.use(async (context, next) => {
    const { headers } = context.req.raw;
    if (!isLocal(headers.get("host"), headers.get("origin"))) {
      throw new RequestError(
        403,
        "forbidden",
        "This API answers programs of this machine only, not web pages from elsewhere.",
      );
    }
    await next();
  });
  app.use(bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new RequestError(413, "body_too_large", `The body is larger than ${MAX_BODY_BYTES} bytes.`);
    },
  }));
  app.get("/healthz", async (context) => {
    const standing = standingOf((await meshView(system, device.id)).state);
    return context.json({
      status: "ok",
      ready: standing.type === "active",
      ...(standing.type === "waiting" ? { reason: standing.reason } : {}),
    });
  });
  app.get("/v1/models", async (context) => {
    const { state } = await meshView(system, device.id);
    return context.json({
      object: "list",
      data: plansIn(state).map(({ model: { id, name } }) => ({
        id: name,
        object: "model",
        created: 0,
        owned_by: "skein",
        sha256: id,
      })),
    });
  });
  app.post("/v1/completions", (context) => complete("completions", context.req.raw));
  app.post("/v1/chat/completions", (context) => complete("chat", context.req.raw));
  app.route("/skein", inspection(options));
  app.notFound((context) => {
    const { method, path } = context.req;
    return context.json(errorBody(404, "not_found", `There is no ${method} ${path} here.`), 404);
  });
  app.onError((error) => {
    const status = error instanceof RequestError ? error.status : error instanceof HTTPException ? error.status : 500;
    const code = error instanceof RequestError ? error.code : status === 500 ? "internal_error" : "invalid_request";
    const param = error instanceof RequestError ? error.param : null;
    return Response.json(errorBody(status, code, error.message, param), { status });
  });
  return (request) => app.fetch(request);

  async function complete(endpoint: Endpoint, request: Request): Promise<Response> {
    const body = await request.json().catch((error) => {
      throw new RequestError(
        400,
        "invalid_json",
        `The body is not JSON: ${error instanceof Error ? error.message : error}.`,
      );
    });
    const read = readRequest(endpoint, body);
    const events = answers(system, device.id, read.answer, { gone: request.signal, closing });
    // The status line waits for the first word, so that a prompt that cannot be answered gets its 4xx also in a stream.
    const { value: first } = await events.next();
    if (first === undefined) throw new RequestError(499, "cancelled", "The client has gone.");
    if (first.type === "failed") throw new RequestError(statusOf(first.code), first.code, first.message);
    if (first.type !== "started") throw new Error(`An answer began with "${first.type}".`);
    const { name, id } = first.plan.model;
    if (read.model !== undefined && ![name, id, "default"].includes(read.model)) {
      await events.return();
      throw new RequestError(
        404,
        "model_not_found",
        `The mesh runs "${name}", not "${read.model.slice(0, 200)}".`,
        "model",
      );
    }
    const prefix = endpoint === "chat" ? "chatcmpl" : "cmpl";
    const created = Math.floor(Date.now() / 1000);
    const head = { id: `${prefix}-${crypto.randomUUID()}`, created, model: name, endpoint };
    return read.stream ? stream(head, read, events) : await whole(head, events);
  }

  async function whole(head: ResponseHead, events: AsyncGenerator<AnswerEvent, void>): Promise<Response> {
    let text = "";
    for await (const event of events) {
      if (event.type === "text") text += event.text;
      if (event.type === "failed") throw new RequestError(statusOf(event.code), event.code, event.message);
      if (event.type === "finished") return Response.json(wholeResponse(head, text, event));
    }
    throw new RequestError(499, "cancelled", "The client has gone.");
  }

  function stream(
    head: ResponseHead,
    { usage }: CompletionRequest,
    events: AsyncGenerator<AnswerEvent, void>,
  ): Response {
    const encoder = new TextEncoder();
    const line = (data: object | string) =>
      encoder.encode(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
    const first = firstChunk(head);
    return new Response(
      new ReadableStream<Uint8Array>({
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
          await events.return();
        },
      }),
      { headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" } },
    );
  }
}
