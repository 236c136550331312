/** The route by which the mesh's owner has it serve another model. */
import type { Hono } from "hono";
import * as v from "valibot";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { supervisorOf } from "../addresses.ts";
import { Used } from "../leader/using.ts";
import { modelOf } from "../plan.ts";
import { routes, type UsedModel, type UseRequest } from "./api.ts";
import type { ApiOptions, LocalModel } from "./api-options.ts";
import { readBy } from "./body.ts";
import { askLeader } from "./leader-client.ts";
import { requireOwner } from "./owner.ts";
import { meshView } from "./mesh-view.ts";
import { RequestError } from "./request-error.ts";

/** How long the leader may take to decide, and to learn what a model is made of that it has not met before. */
const DECIDE_MILLISECONDS = 5000;
const LEARN_MILLISECONDS = 15_000;
const RETRY_MILLISECONDS = 200;
/** An id is meant by so many of its digits at least. */
const LEAST_DIGITS = 8;

/** Adds the route. */
export function addUse(app: Hono, options: ApiOptions): void {
  app.post(routes.use.path, async (context) => {
    requireOwner(context, options.members, "says what the mesh serves");
    const what = 'What to use is {"model": NAME, "also": false, "now": false}.';
    const request = await readBy(context.req.raw, routes.use, what);
    const model = await findModel(request.model, options);
    // The leaders have to know that it is here before they are asked for it.
    options.system.tell(supervisorOf(options.device), { type: "offer", model: model.id, complete: model.complete });
    await use(model, request, options);
    return context.json({ id: model.id, name: model.name }, 202);
  });
}

/** Asks the leader, and once more while it has yet to learn what the model is made of. */
async function use(model: UsedModel, request: UseRequest, options: ApiOptions): Promise<void> {
  const { device, clock } = options;
  const deadline = clock.now() + LEARN_MILLISECONDS;
  for (;;) {
    const used = v.parse(
      Used,
      await askLeader<Used>(options, (replyTo: Ref<Reply<Used>>) => ({
        type: "use",
        device,
        model: model.id,
        name: model.name,
        ...(request.policy === undefined ? {} : { policy: request.policy }),
        how: request.also === true ? "add" : "switch",
        fresh: true,
        hurry: request.now === true,
        replyTo,
      }), DECIDE_MILLISECONDS),
    );
    if (used.type === "accepted") return;
    if (used.why !== "unknown" || clock.now() > deadline) throw new RequestError(409, "refused", used.reason);
    await new Promise<void>((resolve) => clock.after(RETRY_MILLISECONDS, resolve));
  }
}

/** The model that is meant: of this device's, or of those that the mesh serves. @throws {RequestError} 404, or 409 for several */
async function findModel(text: string, { models, system, device }: ApiOptions): Promise<LocalModel> {
  const here = await models();
  const { state } = await meshView(system, device);
  const elsewhere = state.models.map(modelOf).filter(({ id }) => !here.some((one) => one.id === id));
  const all = [...here, ...elsewhere.map(({ id, name }) => ({ id, name, complete: false }))];
  const exact = all.filter(({ id, name }) => id === text || name === text);
  const found = exact.length > 0 || text.length < LEAST_DIGITS ? exact : all.filter(({ id }) => id.startsWith(text));
  const [first, second] = found;
  if (first === undefined) {
    const known = all.map(({ name }) => `"${name}"`).join(", ") || "none";
    throw new RequestError(
      404,
      "model_not_found",
      `There is no model "${text.slice(0, 200)}" here. There is: ${known}.`,
      "model",
    );
  }
  if (second !== undefined) {
    const ids = found.map(({ id }) => id.slice(0, 12)).join(", ");
    throw new RequestError(
      409,
      "ambiguous",
      `"${text}" is what ${found.length} models are called. Say which by its id: ${ids}.`,
    );
  }
  return first;
}
