/** The API of a daemon: OpenAI's endpoints, health, and what people look through. Web-standard requests in, responses out. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { errorText } from "../../runtime/error-text.ts";
import { accessOf, type AccessPolicy, mayRead } from "./access.ts";
import type { ApiOptions } from "./api-options.ts";
import { ClientNames } from "./client-names.ts";
import { complete } from "./completions.ts";
import { addInspection } from "./inspection.ts";
import { addMembers } from "./member-routes.ts";
import { addUse } from "./use-route.ts";
import { addPage, isForPage, NO_PAGE, type PageFiles } from "./page.ts";
import { LEVEL_HEADERS } from "./openai/level-details.ts";
import type { Endpoint } from "./openai/request.ts";
import { meshView } from "./mesh-view.ts";
import { addModels } from "./model-routes.ts";
import { findModel, FirstSeen, listModels } from "./models.ts";
import { errorBody, RequestError } from "./request-error.ts";

/** How long browsers may remember what a preflight allowed, seconds. */
const PREFLIGHT_SECONDS = 600;

/** Makes the API's handler, which is also told the network address that a request comes from, where it has one. */
export function createApi(options: ApiOptions): (request: Request, address?: string) => Response | Promise<Response> {
  const { system, device, access, page = NO_PAGE } = options;
  const app = new Hono({ getPath: pathOf });
  const seen = new FirstSeen();
  const clients = new ClientNames();
  const answering = (endpoint: Endpoint) => (context: Context<{ Bindings: Bindings }>) => {
    const { req: { raw }, env: { address } } = context;
    return complete(endpoint, raw, options, (body) => clients.of({ headers: raw.headers, address, body }));
  };
  app.use(sharing(access));
  app.use(guard(access, page));
  addPage(app, page);
  app.get("/v1/models", async (context) => context.json(listModels((await meshView(system, device)).state, seen)));
  // Names of models may have slashes.
  app.get("/v1/models/:name{.+}", async (context) => {
    const { state } = await meshView(system, device);
    return context.json(findModel(state, context.req.param("name"), seen));
  });
  app.post("/v1/completions", answering("completions"));
  app.post("/v1/chat/completions", answering("chat"));
  addInspection(app, options);
  addMembers(app, options);
  addModels(app, options);
  addUse(app, options);
  app.notFound((context) => {
    const { method, path } = context.req;
    return context.json(errorBody(404, "not_found", `There is no ${method} ${path} here.`), 404);
  });
  app.onError(respond);
  return (request, address) => app.fetch(request, { address } satisfies Bindings);
}

/** What a request comes with. */
interface Bindings {
  readonly address: string | undefined;
}

/** Base URLs that end in a slash make paths like `//v1/models`. */
function pathOf({ url }: Request): string {
  return new URL(url).pathname.replaceAll(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
}

/** Lets pages of allowed origins read every response, errors too, and gives each response an id. */
function sharing(access: AccessPolicy): MiddlewareHandler {
  return async (context, next) => {
    const origin = context.req.header("origin");
    await next();
    context.header("x-request-id", crypto.randomUUID());
    if (origin === undefined || !mayRead(access, origin)) return;
    context.header("access-control-allow-origin", origin);
    context.header("access-control-expose-headers", ["x-request-id", ...LEVEL_HEADERS].join(", "));
    context.header("vary", "origin", { append: true });
  };
}

/** Turns away who may not use the API, and answers browsers that ask beforehand. */
function guard(policy: AccessPolicy, page: PageFiles): MiddlewareHandler {
  return async (context, next) => {
    const { method, headers } = context.req.raw;
    const [host, origin] = [headers.get("host"), headers.get("origin")];
    const { key, ...open } = policy;
    // Who opens the page has no key yet, by whatever name the daemon goes; browsers ask for modules with an origin.
    if (key !== undefined && isForPage(page, method, context.req.path)) return await next();
    // A preflight carries no key.
    const preflight = method === "OPTIONS" && origin !== null;
    const access = accessOf(preflight ? open : { ...open, key }, {
      host: preflight && key !== undefined ? null : host,
      origin,
      authorization: headers.get("authorization"),
    });
    if (access.type === "refused") throw new RequestError(access.status, access.code, access.message);
    if (method !== "OPTIONS") return await next();
    context.header("access-control-allow-methods", "GET, POST, OPTIONS");
    context.header("access-control-allow-headers", headers.get("access-control-request-headers") ?? "*");
    context.header("access-control-max-age", String(PREFLIGHT_SECONDS));
    return context.body(null, 204);
  };
}

function respond(error: unknown): Response {
  const refused = error instanceof RequestError ? error : undefined;
  const status = refused?.status ?? (error instanceof HTTPException ? error.status : 500);
  const code = refused?.code ?? (status === 500 ? "internal_error" : "invalid_request");
  const headers = {
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    ...(refused?.retryAfterSeconds === undefined ? {} : { "retry-after": String(refused.retryAfterSeconds) }),
  };
  return Response.json(errorBody(status, code, errorText(error), refused?.param ?? null), { status, headers });
}
