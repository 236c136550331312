/** The part of the API that people look through: devices and their actors, the plan, the stream of events. */
import type { Hono } from "hono";
import * as v from "valibot";
import type { Manifest } from "../../models/manifest.ts";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { errorText } from "../../runtime/error-text.ts";
import { FOLLOWER_PATH, inspectorOf } from "../addresses.ts";
import { DeviceView } from "../inspector/protocol.ts";
import type { Pinned, Study } from "../leader/protocol.ts";
import { type InspectedDevice, routes, type TracedSummary } from "./api.ts";
import type { ApiOptions } from "./api-options.ts";
import { readBy } from "./body.ts";
import { readEventQuery } from "./event-query.ts";
import { eventStream, type Source } from "./event-stream.ts";
import { follower, type Following } from "./follower.ts";
import { askLeader } from "./leader-client.ts";
import { meshView, summaryOf } from "./mesh-view.ts";
import { RequestError } from "./request-error.ts";
import { traceOf } from "./trace-query.ts";
import type { TracedAnswer } from "./traces.ts";

/** How long another device may take to describe itself. */
const VIEW_MILLISECONDS = 3000;
/** How long the leader may think about a question: longer than its planner's own limits. */
const STUDY_MILLISECONDS = 25_000;
/** How long the leader may take to accept a split. */
const PIN_MILLISECONDS = 5000;

/** Adds Skein's own routes. */
export function addInspection(app: Hono, options: ApiOptions): void {
  const { system, device, served, closing, clock } = options;
  for (const path of [routes.health.path, "/health"]) {
    app.get(path, async (context) => {
      const { state } = summaryOf(await meshView(system, device));
      const ready = state.type === "active";
      return context.json({ status: "ok", ready, ...(state.type === "waiting" ? { reason: state.reason } : {}) });
    });
  }
  app.get(routes.traces.path, (context) => context.json({ answers: options.traces.all().map(summaryOfAnswer) }));
  app.get(`${routes.trace.path}:id`, async (context) => {
    const id = context.req.param("id") ?? "";
    const answer = options.traces.find(id === "latest" ? "" : id);
    if (answer !== undefined) return context.json(await traceOf(answer, options));
    throw new RequestError(404, "not_found", `No answer of late that entered at this device has an id like "${id}".`);
  });
  app.get("/metrics", async () => {
    if (options.metrics === undefined) throw new RequestError(404, "not_found", "This device counts nothing.");
    const { contentType, text } = await options.metrics();
    return new Response(text, { headers: { "content-type": contentType } });
  });
  app.get(routes.inspect.path, async (context) => {
    const summary = summaryOf(await meshView(system, device));
    return context.json({ ...summary, devices: await inspectAll(options) });
  });
  app.get(routes.plan.path, async (context) => {
    const summary = summaryOf(await meshView(system, device));
    const measured = summary.state.type === "active" ? served.of(summary.state.plan.number) : undefined;
    return context.json({ ...summary, measured });
  });
  app.post(routes.leave.path, (context) => {
    options.leave();
    return context.json({ leaving: true });
  });
  app.post(routes.study.path, async (context) => {
    const { changes } = await readBy(context.req.raw, routes.study, 'A study is {"changes": ["-device:NAME", …]}.');
    const models = await modelsOf(changes, options);
    const make = (replyTo: Ref<Reply<Study>>) => ({ type: "study" as const, changes, models, replyTo });
    const study = await askLeader(options, make, STUDY_MILLISECONDS);
    if (study.type === "refused") throw new RequestError(409, "refused", study.reason);
    return context.json(study.answer as object);
  });
  app.post(routes.pin.path, async (context) => {
    const what = 'A plan is {"split": [{"device": NAME, "blocks": N}, …]} or {"split": null}.';
    const { split } = await readBy(context.req.raw, routes.pin, what);
    const make = (replyTo: Ref<Reply<Pinned>>) => ({ type: "pin" as const, split, replyTo });
    const pinned = await askLeader(options, make, PIN_MILLISECONDS);
    if (pinned.type === "refused") throw new RequestError(409, "refused", pinned.reason);
    return context.json({ accepted: true }, 202);
  });
  app.get(routes.events.path, (context) => {
    const following = readEventQuery(new URL(context.req.url).searchParams);
    const gone = AbortSignal.any([context.req.raw.signal, closing]);
    const body = eventStream(happeningsOf(options, following), gone, (time, action) => clock.after(time, action));
    return new Response(body, { headers: { "content-type": "application/x-ndjson" } });
  });
}

function summaryOfAnswer(
  { id, model, at, outcome, promptTokens, readTokens, tokens, firstTokenAt, beganAt, lastAt }: TracedAnswer,
): TracedSummary {
  const ttftMs = firstTokenAt === undefined ? null : firstTokenAt - beganAt;
  const counts = { promptTokens, readTokens, completionTokens: tokens };
  return { id, model, at, outcome, ...counts, ttftMs, totalMs: lastAt - beganAt };
}

/** What happens in the mesh, as an actor of this device hears it: one for each reader, stopped with it. */
function happeningsOf({ system, device, name, peers }: ApiOptions, following: Following): Source {
  return (onHappenings) => {
    const options = { device, name, peers, following, onHappenings };
    // By a name that no other reader's has.
    const path = `${FOLLOWER_PATH}${crypto.randomUUID()}`;
    const ref = system.spawn(follower(options), { name: path.slice(1), restart: { policy: "transient" } });
    return () => void system.stop(ref);
  };
}

/** Every device of the mesh as its inspector shows it, this one first. */
async function inspectAll({ system, device, name, peers }: ApiOptions): Promise<InspectedDevice[]> {
  const all = [{ device, name }, ...peers()];
  return await Promise.all(all.map(async (asked): Promise<InspectedDevice> => {
    const make = (replyTo: Ref<Reply<DeviceView>>) => ({ type: "view" as const, replyTo });
    const parse = (value: unknown) => v.parse(DeviceView, value);
    const outcome = await system.ask(inspectorOf(asked.device), make, { timeoutMs: VIEW_MILLISECONDS, parse });
    if (outcome.type === "reply") return outcome.value;
    return { device: asked.device, name: asked.name, error: outcome.reason };
  }));
}

/** Compiles the models that changes name by a path on this machine; their blocks stay in the store. */
async function modelsOf(
  changes: readonly string[],
  { compile }: ApiOptions,
): Promise<{ path: string; manifest: Manifest }[]> {
  const paths = changes.filter((change) => change.startsWith("model=")).map((change) => change.slice("model=".length));
  return await Promise.all(paths.map(async (path) => {
    const manifest = await compile(path).catch((error) => {
      throw new RequestError(400, "invalid_model", errorText(error));
    });
    return { path, manifest };
  }));
}
