/** Whether the mesh is to serve a model from now on, and what else it serves then. Pure. */
import * as v from "valibot";
import type { Manifest } from "../../models/manifest.ts";
import { type CharteredModel, MAX_CHARTER_MODELS } from "../charter.ts";
import { Identifier, replyTo, Sha256, ShortText } from "../wire.ts";
import { ServingPolicy } from "./policy.ts";

/** Answer to `use`. */
export const Used = v.variant("type", [
  v.object({ type: v.literal("accepted") }),
  v.object({
    type: v.literal("refused"),
    /** `others`: the mesh serves other models; `no-room`: nor could it; `unknown`: what it is made of is not known yet. */
    why: v.picklist(["others", "no-room", "unknown"]),
    reason: ShortText,
  }),
]);
export type Used = v.InferOutput<typeof Used>;

/** A device asks the mesh to serve a model that it has told of. */
export const Use = v.object({
  type: v.literal("use"),
  device: Identifier,
  model: Sha256,
  name: ShortText,
  /** How to serve it; absent: as before, or as who has its file would. */
  policy: v.optional(ServingPolicy),
  /**
   * `start`: a daemon was started with the model, which alone takes nothing from others; `switch`: in the place of all
   * others; `add`: beside them.
   */
  how: v.picklist(["start", "switch", "add"]),
  /** Of a start: whether it names another model, or another policy, than the device's start before. */
  fresh: v.boolean(),
  /** Whether answers of models that give way are let go of, rather than ended first. */
  hurry: v.boolean(),
  replyTo: replyTo<Used>(),
});
export type Use = v.InferOutput<typeof Use>;

/** What there is to know. */
export interface Situation {
  /** What the mesh serves, by its charter. */
  readonly serves: readonly CharteredModel[];
  /** Whether the device that asks is the only one in reach. */
  readonly alone: boolean;
  /** Whether any of what it serves has a plan in force, or could have. */
  readonly works: boolean;
  /** What the model is made of, and how who has its file would serve it; absent where that is not known. */
  readonly offer: { readonly manifest: Pick<Manifest, "name">; readonly policy: ServingPolicy } | undefined;
  /** Why the devices in reach could not hold the model, with this policy, if they held nothing else; undefined if they could. */
  readonly shortage: (policy: ServingPolicy) => string | undefined;
}

/** The answer, and where it is yes what the mesh serves from then on; absent where that is what it serves already. */
export interface UseDecision {
  readonly answer: Used;
  readonly models?: readonly CharteredModel[];
}

const ACCEPTED = { type: "accepted" } as const;

/** Decides. */
export function decideUse(use: Omit<Use, "type" | "replyTo">, situation: Situation): UseDecision {
  const { serves, offer, shortage } = situation;
  const known = serves.find(({ id }) => id === use.model);
  const policy = use.policy ?? known?.policy ?? offer?.policy;
  if (offer === undefined || policy === undefined) {
    return refused("unknown", `What ${use.name} is made of is not known yet. Try again in a moment.`);
  }
  const model: CharteredModel = { ...known, id: use.model, name: offer.manifest.name, policy };
  if (use.how === "start") return decideStart(use, model, known, situation);
  const reason = shortage(policy);
  if (reason !== undefined) return refused("no-room", reason);
  const others = use.how === "switch" ? [] : serves.filter(({ id }) => id !== use.model);
  return { answer: ACCEPTED, models: [model, ...others].slice(0, MAX_CHARTER_MODELS) };
}

function decideStart(
  { fresh }: Pick<Use, "fresh">,
  model: CharteredModel,
  known: CharteredModel | undefined,
  { serves, alone, works }: Situation,
): UseDecision {
  if (known !== undefined) {
    // A daemon that is started as it always is does not overrule what people have asked for since.
    if (!fresh || JSON.stringify(known.policy) === JSON.stringify(model.policy)) return { answer: ACCEPTED };
    return { answer: ACCEPTED, models: serves.map((one) => one === known ? model : one) };
  }
  if (serves.length === 0 || (fresh && (alone || !works))) return { answer: ACCEPTED, models: [model] };
  const names = serves.map(({ name }) => name).join(" and ");
  return refused("others", `The mesh serves ${names}; ${model.name} is ready here, but not used.`);
}

function refused(why: "others" | "no-room" | "unknown", reason: string): UseDecision {
  return { answer: { type: "refused", why, reason: reason.slice(0, 2000) } };
}
