/** The part of the API by which a device's owner sees which models are on its disk, and deletes them. */
import type { Hono } from "hono";
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { keeperOf } from "../addresses.ts";
import type { KeeperMessage, Keeping, Kept, LetGo, Removed } from "../keeper/protocol.ts";
import { routes } from "./api.ts";
import type { ApiOptions } from "./api-options.ts";
import { readBy } from "./body.ts";
import { requireOwner } from "./owner.ts";
import { RequestError } from "./request-error.ts";

/** How long looking may take, and deleting: a load that is under way comes first. */
const LOOK_MILLISECONDS = 15_000;
const DELETE_MILLISECONDS = 90_000;

/** Adds the routes. */
export function addModels(app: Hono, options: ApiOptions): void {
  const { members } = options;
  app.get(routes.models.path, async (context) => {
    const make = (replyTo: Ref<Reply<Kept<Keeping>>>) => ({ type: "keeping" as const, replyTo });
    return context.json(await askKeeper(options, make, LOOK_MILLISECONDS));
  });
  app.post(routes.removeModel.path, async (context) => {
    requireOwner(context, members, "deletes models");
    const what = 'What to delete is {"model": NAME, "force": false}.';
    const { model, force = false } = await readBy(context.req.raw, routes.removeModel, what);
    const make = (replyTo: Ref<Reply<Kept<Removed>>>) => ({ type: "remove" as const, model, force, replyTo });
    return context.json(await askKeeper(options, make, DELETE_MILLISECONDS));
  });
  app.post(routes.prune.path, async (context) => {
    requireOwner(context, members, "deletes models");
    const what = 'What to delete is {"all": false, "dryRun": false}.';
    const { all = false, dryRun = false } = await readBy(context.req.raw, routes.prune, what);
    const make = (replyTo: Ref<Reply<Kept<LetGo>>>) => ({ type: "prune" as const, all, dryRun, replyTo });
    return context.json(await askKeeper(options, make, DELETE_MILLISECONDS));
  });
}

/** @throws {RequestError} 503 where the keeper cannot do it now */
async function askKeeper<T>(
  { system, device }: ApiOptions,
  make: (replyTo: Ref<Reply<Kept<T>>>) => KeeperMessage,
  timeoutMs: number,
): Promise<T & object> {
  const outcome = await system.ask(keeperOf(device), make, { timeoutMs });
  if (outcome.type !== "reply") {
    throw new RequestError(
      503,
      "unavailable",
      `What keeps the blocks of this device does not answer: ${outcome.reason}.`,
    );
  }
  if (outcome.value.type === "failed") {
    throw new RequestError(503, "unavailable", `${outcome.value.reason}. Try again.`);
  }
  return outcome.value.value as T & object;
}
