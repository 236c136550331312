/** The part of the API that the CLI looks at: devices and their actors, the plan, the stream of events. */
import { Hono } from "hono";
import * as v from "valibot";
import type { Manifest } from "../../models/manifest.ts";
import type { InspectEvent, Ref, Reply } from "../../runtime/actor/mod.ts";
import { leaderOf, supervisorOf } from "../addresses.ts";
import { type LeaderMessage, type Pinned, Split, type Study } from "../leader/protocol.ts";
import { DeviceView } from "../supervisor/protocol.ts";
import { ShortText } from "../wire.ts";
import type { ApiOptions } from "./http.ts";
import { meshView, summaryOf } from "./mesh-view.ts";
import { RequestError } from "./openai.ts";

/** How long another device may take to describe itself. */
const VIEW_MILLISECONDS = 3000;
/** How long the leader may think about a question: longer than its planner's own limits. */
const STUDY_MILLISECONDS = 25_000;
/** Events that may wait for a slow reader; the oldest are dropped, and counted, beyond it. */
const MAX_WAITING_EVENTS = 10_000;

/** A device that answered, or why it did not. */
export type InspectedDevice = DeviceView | { readonly device: string; readonly name: string; readonly error: string };

/** Makes the routes below /skein. */
export function inspection({ system, device, closing }: ApiOptions): Hono {
  const app = new Hono();
  app.get("/inspect", async (context) => {
    const summary = summaryOf(await meshView(system, device.id));
    const all = [{ device: device.id, name: device.name }, ...device.peers()];
    const devices = await Promise.all(all.map(async (asked): Promise<InspectedDevice> => {
      const make = (replyTo: Ref<Reply<DeviceView>>) => ({ type: "view" as const, replyTo });
      const parse = (value: unknown) => v.parse(DeviceView, value);
      const outcome = await system.ask(supervisorOf(asked.device), make, { timeoutMs: VIEW_MILLISECONDS, parse });
      if (outcome.type === "reply") return outcome.value;
      return { device: asked.device, name: asked.name, error: outcome.reason };
    }));
    return context.json({ ...summary, devices });
  });
  app.get("/plan", async (context) => {
    const summary = summaryOf(await meshView(system, device.id));
    const { state } = summary;
    const measured = state.type === "active" ? device.served.of(state.plan.number) : undefined;
    return context.json({ ...summary, measured });
  });
  app.post("/study", async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined);
    const parsed = v.safeParse(v.object({ changes: v.pipe(v.array(ShortText), v.maxLength(32)) }), body);
    if (!parsed.success) throw new RequestError(400, "invalid_request", 'A study is {"changes": ["-device:NAME", …]}.');
    const { changes } = parsed.output;
    const models = await modelsOf(changes);
    const make = (replyTo: Ref<Reply<Study>>) => ({ type: "study" as const, changes, models, replyTo });
    const study = await askLeader(make, STUDY_MILLISECONDS);
    if (study.type === "refused") throw new RequestError(409, "refused", study.reason);
    return context.json(study.answer);
  });
  app.post("/plan", async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined);
    const parsed = v.safeParse(v.object({ split: v.nullable(Split) }), body);
    if (!parsed.success) {
      throw new RequestError(
        400,
        "invalid_request",
        'A plan is {"split": [{"device": NAME, "blocks": N}, …]} or {"split": null}.',
      );
    }
    const { split } = parsed.output;
    const pinned = await askLeader((replyTo: Ref<Reply<Pinned>>) => ({ type: "pin" as const, split, replyTo }), 5000);
    if (pinned.type === "refused") throw new RequestError(409, "refused", pinned.reason);
    return context.json({ accepted: true }, 202);
  });
  app.get("/events", (context) => {
    const waiting: InspectEvent[] = [];
    let dropped = 0;
    let wake = () => {};
    const unsubscribe = system.inspect.subscribe((event) => {
      if (waiting.length >= MAX_WAITING_EVENTS) dropped++;
      else waiting.push(event);
      wake();
    });
    const signal = AbortSignal.any([context.req.raw.signal, closing]);
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (waiting.length === 0 && !signal.aborted) await new Promise<void>((resolve) => wake = resolve);
        if (signal.aborted) return controller.close();
        const lines: object[] = dropped > 0 ? [{ type: "missed", events: dropped }, ...waiting] : [...waiting];
        waiting.length = 0;
        dropped = 0;
        controller.enqueue(encoder.encode(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
      },
      cancel: unsubscribe,
    });
    signal.addEventListener("abort", () => {
      unsubscribe();
      wake();
    });
    return new Response(body, { headers: { "content-type": "application/x-ndjson" } });
  });
  return app;

  /** Compiles the models that changes name by a path on this machine; their blocks stay in the store. */
  async function modelsOf(changes: readonly string[]): Promise<{ path: string; manifest: Manifest }[]> {
    const paths = changes.filter((change) => change.startsWith("model=")).map((change) =>
      change.slice("model=".length)
    );
    return await Promise.all(paths.map(async (path) => {
      const manifest = await device.compile(path).catch((error) => {
        throw new RequestError(400, "invalid_model", error instanceof Error ? error.message : String(error));
      });
      return { path, manifest };
    }));
  }

  /** Asks the acting leader, wherever it is. @throws {RequestError} 503 where there is none, or it does not answer. */
  async function askLeader<R>(make: (replyTo: Ref<Reply<R>>) => LeaderMessage, timeoutMs: number): Promise<R> {
    const { leader } = await meshView(system, device.id);
    if (leader === undefined) {
      throw new RequestError(503, "no_leader", "The mesh has no leader yet. Try again in a moment.");
    }
    const outcome = await system.ask(leaderOf(leader), make, { timeoutMs });
    if (outcome.type === "reply") return outcome.value;
    throw new RequestError(503, "no_leader", `The leader does not answer: ${outcome.reason}.`);
  }
}
