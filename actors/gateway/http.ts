/** The API of a daemon: OpenAI's endpoints, health, and what people look through. Web-standard requests in, responses out. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { errorText } from "../../runtime/error-text.ts";
import { plansIn } from "../plan.ts";
import type { ApiOptions } from "./api-options.ts";
import { complete } from "./completions.ts";
import { addInspection } from "./inspection.ts";
import { meshView } from "./mesh-view.ts";
import { isLocal } from "./origin.ts";
import { errorBody, RequestError } from "./request-error.ts";

/** Bytes of a request's body: a prompt far longer than any context. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Makes the API's handler. */
export function createApi(options: ApiOptions): (request: Request) => Response | Promise<Response> {
  const { system, device } = options;
  const app = new Hono();
  guard(app);
  app.get("/v1/models", async (context) => {
    const { state } = await meshView(system, device);
    return context.json({
      object: "list",
      data: plansIn(state).map(({ model: { id, name } }) => {
        return { id: name, object: "model", created: 0, owned_by: "skein", sha256: id };
      }),
    });
  });
  app.post("/v1/completions", (context) => complete("completions", context.req.raw, options));
  app.post("/v1/chat/completions", (context) => complete("chat", context.req.raw, options));
  addInspection(app, options);
  app.notFound((context) => {
    const { method, path } = context.req;
    return context.json(errorBody(404, "not_found", `There is no ${method} ${path} here.`), 404);
  });
  app.onError(respond);
  return (request) => app.fetch(request);
}

/** Programs of this machine only, and bodies that fit. */
function guard(app: Hono): void {
  app.use(async (context, next) => {
    const { headers } = context.req.raw;
    if (!isLocal(headers.get("host"), headers.get("origin"))) {
      const message = "This API answers programs of this machine only, not web pages from elsewhere.";
      throw new RequestError(403, "forbidden", message);
    }
    await next();
  });
  app.use(bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new RequestError(413, "body_too_large", `The body is larger than ${MAX_BODY_BYTES} bytes.`);
    },
  }));
}

function respond(error: unknown): Response {
  const refused = error instanceof RequestError ? error : undefined;
  const status = refused?.status ?? (error instanceof HTTPException ? error.status : 500);
  const code = refused?.code ?? (status === 500 ? "internal_error" : "invalid_request");
  return Response.json(errorBody(status, code, errorText(error), refused?.param ?? null), { status });
}
