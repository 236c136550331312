/** skein use: has the whole mesh serve another model, while it runs. */
import { join } from "node:path";
import process from "node:process";
import { type PlanView, routes, type UsedModel, type UseRequest } from "../actors/gateway/api.ts";
import { type ActivePlan, modelOf } from "../actors/plan.ts";
import { compileModel } from "../models/compile/mod.ts";
import { openBlockStore } from "../models/store/mod.ts";
import { defaultDataFolder } from "../runtime/host/mod.ts";
import { ApiError, call } from "./api-client.ts";
import { CommandError, oneOf, parseCommand } from "./command.ts";
import { FetchProgress } from "./fetch-progress.ts";
import { findModel } from "./model-source.ts";
import { callAsOwner, findOwn, type OwnDaemon } from "./owner.ts";
import { POLICY_OPTIONS, POLICY_USAGE, readPolicy, saysPolicy } from "./policy-options.ts";
import { QUANTIZE } from "./up-options.ts";
import { progressLine } from "./progress-line.ts";

export const USAGE =
  `skein use MODEL [options]: have the whole mesh serve a model. It is fetched or compiled here where it is
new, placed and loaded while the one before works on, and takes its place then; answers that have begun are ended first.

  MODEL               one that is here or that the mesh serves, by its name or the beginning of its id (8 digits or
                      more); or what skein up --model takes: a file, a folder, builtin, hf:OWNER/NAME, https://…, a name
  --also              serve it beside the others: requests choose by "model"; where there is no room for all, the one
                      that was used least lately is let go of
  --now               let go of answers of models that give way, rather than ending them first
  --yes               fetch it without being asked
  --quantize HOW      see skein up
  --data-dir DIR      the daemon's data folder (default: of the daemon on this machine, else ${defaultDataFolder()})
  --json              print JSON

How it is served; by default as before, or as skein up would:
${POLICY_USAGE}`;

/** How long nothing may change before the plan is given up on. */
const STILL_MILLISECONDS = 600_000;
/** How long the model may be missing from what is published: the word of it takes a moment to come round. */
const GONE_MILLISECONDS = 10_000;
/** What takes longer than this is told of. */
const PATIENCE_MILLISECONDS = 1000;
const LOOK_MILLISECONDS = 200;

/** Runs the command. Only who can read the daemon's data folder may do this. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals: [text] } = parseCommand(
    args,
    {
      also: { type: "boolean", default: false },
      now: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      quantize: { type: "string", default: "keep" },
      "data-dir": { type: "string" },
      json: { type: "boolean", default: false },
      ...POLICY_OPTIONS,
    },
    USAGE,
    1,
  );
  if (text === undefined) throw new CommandError(`Which model? Give its name, or where it is.\n\n${USAGE}`, 2);
  const quantize = oneOf("quantize", values.quantize, QUANTIZE);
  const how = {
    also: values.also,
    now: values.now,
    ...(saysPolicy(values) ? { policy: readPolicy(values) } : {}),
  };
  const daemon = await findOwn(values["data-dir"]);
  const known = await useKnown(daemon, text, how);
  const model = known ?? await callAsOwner(daemon, routes.use, {
    model: await bring(daemon, text, { yes: values.yes, quantize }),
    ...how,
  });
  const view = await inForce(daemon, model, values.also);
  const { number, sentence } = view;
  process.stdout.write(values.json ? `${JSON.stringify({ model, number })}\n` : `${sentence}\n`);
  return 0;
}

type How = Omit<UseRequest, "model">;

/** A model that the daemon knows already is used; undefined where it knows none of that name. */
async function useKnown(daemon: OwnDaemon, text: string, how: How): Promise<UsedModel | undefined> {
  try {
    return await callAsOwner(daemon, routes.use, { model: text, ...how });
  } catch (error) {
    if (error instanceof ApiError && error.code === "model_not_found") return undefined;
    throw error;
  }
}

/** Fetches and compiles a model into the daemon's block store; its id. */
async function bring(
  { dataDir }: OwnDaemon,
  text: string,
  { yes, quantize }: { readonly yes: boolean; readonly quantize: (typeof QUANTIZE)[number] },
): Promise<string> {
  const { signal } = new AbortController();
  const source = await findModel(text, { yes, signal, folder: dataDir });
  const [line, fetching] = [progressLine(), new FetchProgress()];
  try {
    const path = await source.fetch(signal, (done, total) => {
      line.say(`fetching ${fetching.describe(done, total, performance.now())}`);
    });
    const { id } = await compileModel(path, {
      store: await openBlockStore(join(dataDir, "blocks")),
      quantize,
      signal,
      ...(source.name === undefined ? {} : { name: source.name }),
      onProgress: ({ block, blocks }) => line.say(`compiling ${text}: block ${block} of ${blocks}`),
    });
    return id;
  } finally {
    line.end();
  }
}

/** Waits until a model's plan is in force, and the others have given way; what is to be said then. @throws {CommandError} */
async function inForce({ api }: OwnDaemon, { id, name }: UsedModel, also: boolean): Promise<UseOutcome> {
  const line = progressLine();
  try {
    let [last, since] = ["", Date.now()];
    for (;;) {
      const view = await call(api, routes.plan);
      const step = progressOf(view, id, also);
      if (step.type === "done") return { number: step.plan.number, sentence: describeUse(step.plan, view) };
      if (step.reason !== last) [last, since] = [step.reason, Date.now()];
      if (step.type === "gone" && Date.now() - since > GONE_MILLISECONDS) throw new CommandError(step.reason);
      if (Date.now() - since > STILL_MILLISECONDS) {
        throw new CommandError(`${name} has no plan after ${STILL_MILLISECONDS / 60_000} minutes: ${step.reason}`);
      }
      if (Date.now() - since > PATIENCE_MILLISECONDS) line.say(`waiting: ${step.reason}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
    }
  } finally {
    line.end();
  }
}

interface UseOutcome {
  readonly number: ActivePlan["number"];
  readonly sentence: string;
}

/** How far a model is that is to be served. */
export type UseProgress =
  | { readonly type: "done"; readonly plan: ActivePlan }
  | { readonly type: "coming"; readonly reason: string }
  /** It is not among what the mesh serves: not yet, or not any more. */
  | { readonly type: "gone"; readonly reason: string };

/** How far a model is, by its id; alone, unless it is served beside others, it is only when they have given way. */
export function progressOf({ models }: Pick<PlanView, "models">, id: string, also: boolean): UseProgress {
  const own = models.find((model) => modelOf(model).id === id);
  if (own === undefined || (own.type === "active" && own.retiring === true)) {
    return {
      type: "gone",
      reason: "The mesh does not serve the model: another one was asked for, or its leader is lost.",
    };
  }
  if (own.type === "waiting") return { type: "coming", reason: own.reason };
  const others = models.filter((model) => model !== own && !(model.type === "active" && model.retiring === true));
  if (also || others.length === 0) return { type: "done", plan: own.plan };
  return { type: "coming", reason: "the model before gives way" };
}

/** What the mesh serves now, and what only ends what it has begun. */
function describeUse({ model, segments }: ActivePlan, { models }: PlanView): string {
  const route = segments.map(({ name, first, last }) => `${name} ${first}-${last}`).join(" > ");
  const retiring = models.flatMap((one) => one.type === "active" && one.retiring === true ? [one.plan.model.name] : []);
  const rest = retiring.length === 0 ? "" : `; ${retiring.join(" and ")} ends the answers that have begun`;
  return `The mesh serves ${model.name}: ${route}${rest}.`;
}
