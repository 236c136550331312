/** The plan as it travels: what the leader has decided and every device knows. */
import * as v from "valibot";
import type { LenderMessage } from "./executor/heritage-protocol.ts";
import type { SegmentMessage } from "./pipeline.ts";
import { PlanLevels } from "./plan-levels.ts";
import { comparePlans, PlanNumber } from "./plan-number.ts";
import { Recall } from "./recall.ts";
import { Count, Identifier, Position, refTo, Sha256, ShortText } from "./wire.ts";

export { comparePlans, PlanNumber };

export const PlannedSegment = v.object({
  device: Identifier,
  name: ShortText,
  first: Count,
  last: Count,
  /** Bytes of weights and caches that the plan reserves. */
  bytes: Count,
  /** The segment executor. */
  ref: refTo<SegmentMessage | LenderMessage>(),
  /** The executor that mirrors its caches, on another device. */
  mirror: v.optional(v.object({ device: Identifier, name: ShortText, ref: refTo<SegmentMessage | LenderMessage>() })),
});
export type PlannedSegment = v.InferOutput<typeof PlannedSegment>;

const Time = v.pipe(v.number(), v.finite());

/** What the planner expects of a plan, and how good it is proven to be. */
export const PlanForecast = v.object({
  /** Tokens of the prompt that TTFT is predicted for. */
  promptTokens: Count,
  ttftMilliseconds: Time,
  /** From token to token of one answer. */
  tpotMilliseconds: Time,
  /** Of all answers together, where so many are under way. */
  tokensPerSecond: Time,
  requests: v.optional(Count),
  bottleneck: ShortText,
  solver: ShortText,
  /** How far the plan is from the best at most: 0 is proven to be the best. */
  gap: Time,
  /** Who proved that no plan's objective, in milliseconds, is below what. */
  proofs: v.pipe(v.array(v.object({ solver: ShortText, bound: Time })), v.maxLength(8)),
  /** Why this is not the plan of the solver that the policy names. */
  instead: v.optional(ShortText),
  verdict: ShortText,
  stages: v.pipe(
    v.array(v.object({ device: Identifier, decodeMilliseconds: Time, usableBytes: Time })),
    v.maxLength(1024),
  ),
  links: v.pipe(v.array(v.object({ name: ShortText, decodeMilliseconds: Time })), v.maxLength(1024)),
});
export type PlanForecast = v.InferOutput<typeof PlanForecast>;

/** A plan whose segments are loaded, each block once and in order: prompts run on it. */
export const ActivePlan = v.pipe(
  v.object({
    number: PlanNumber,
    model: v.object({ id: Sha256, name: ShortText, blocks: Count }),
    /** How it was decided. */
    planner: v.picklist(["solver", "even", "pinned"]),
    context: Position,
    /** Answers that run at once, at most. */
    concurrency: Count,
    /** Tokens that the caches hold of all of them together; absent: a whole context of each. */
    cacheTokens: v.optional(Count),
    segments: v.pipe(v.array(PlannedSegment), v.minLength(1), v.maxLength(1024)),
    /** Only where the planner decided. */
    forecast: v.optional(PlanForecast),
    /** Of an elastic model, soon after the plan has come into force: what each level takes. */
    elastic: v.optional(PlanLevels),
    /** Why its segments are not mirrored, where that is for the time it would take. */
    unmirrored: v.optional(ShortText),
  }),
  v.check(({ segments, model }) => isWhole(segments, model.blocks), "a plan has every block once, in order"),
);
export type ActivePlan = v.InferOutput<typeof ActivePlan>;

function isWhole(segments: readonly PlannedSegment[], blocks: number): boolean {
  const inOrder = segments.every(({ first, last }, at) =>
    first === (segments[at - 1]?.last ?? -1) + 1 && last >= first
  );
  return inOrder && segments.at(-1)?.last === blocks - 1;
}

/** Where a model stands that the mesh serves, or means to serve. */
export const ModelState = v.variant("type", [
  v.object({
    type: v.literal("active"),
    plan: ActivePlan,
    recall: v.optional(Recall),
    /** It is not served any more but to the answers that have begun: no new one begins. Absent: it is served. */
    retiring: v.optional(v.literal(true)),
  }),
  v.object({
    type: v.literal("waiting"),
    model: v.object({ id: Sha256, name: ShortText }),
    reason: ShortText,
    /** Absent until it is known what the model is made of. */
    recall: v.optional(Recall),
  }),
]);
export type ModelState = v.InferOutput<typeof ModelState>;

/** Models that a mesh serves at once; each takes memory on every device that it runs on. */
export const MAX_MODELS = 64;

/** What the mesh can do right now: every model once, and why there is none where there is none. */
export const MeshState = v.object({
  models: v.pipe(
    v.array(ModelState),
    v.maxLength(MAX_MODELS),
    v.check((models) => differ(models), "a model is named twice"),
  ),
  reason: ShortText,
});
export type MeshState = v.InferOutput<typeof MeshState>;

/** Where one model stands, in the words of the API. */
export type Standing =
  | { readonly type: "active"; readonly plan: ActivePlan }
  | { readonly type: "waiting"; readonly reason: string };

function differ(models: readonly ModelState[]): boolean {
  return new Set(models.map((model) => modelOf(model).id)).size === models.length;
}

/** The state of a mesh that serves no model. */
export function noModels(reason: string): MeshState {
  return { models: [], reason };
}

/** Which model a state is of. */
export function modelOf(state: ModelState): { readonly id: string; readonly name: string } {
  return state.type === "active" ? state.plan.model : state.model;
}

/** Every plan in force. */
export function plansIn(state: MeshState): ActivePlan[] {
  return state.models.flatMap((model) => model.type === "active" ? [model.plan] : []);
}

/** The plan in force of a model, by its id; of the first that is served under one where none is named. */
export function planOf(state: MeshState, model?: string): ActivePlan | undefined {
  return model === undefined ? servedIn(state)[0] : plansIn(state).find((plan) => plan.model.id === model);
}

/** The plans in force under which new answers may begin. */
export function servedIn(state: MeshState): ActivePlan[] {
  return plansIn({ ...state, models: state.models.filter(isServed) });
}

function isServed(model: ModelState): boolean {
  return model.type !== "active" || model.retiring !== true;
}

/** The plan in force that has this number. */
export function planNumbered(state: MeshState, number: PlanNumber): ActivePlan | undefined {
  return plansIn(state).find((plan) => comparePlans(plan.number, number) === 0);
}

/** How a model stands, by its id; without one the mesh: by its first plan in force, or else by what it waits for first. */
export function standingOf(state: MeshState, model?: string): Standing {
  const plan = planOf(state, model);
  if (plan !== undefined) return { type: "active", plan };
  for (const waiting of state.models) {
    if (waiting.type !== "waiting" || (model !== undefined && waiting.model.id !== model)) continue;
    return { type: "waiting", reason: waiting.reason };
  }
  return { type: "waiting", reason: state.reason };
}

/** How the model of this name or id stands; whichever is served where none, or "default", is named. */
export function findPlan(
  state: MeshState,
  model: string | undefined,
): Standing | { readonly type: "unknown"; readonly reason: string } {
  if (model === undefined || model === "default" || state.models.length === 0) return standingOf(state);
  const known = state.models.filter(isServed).map(modelOf);
  const found = known.find(({ id, name }) => id === model || name === model);
  if (found !== undefined) return standingOf(state, found.id);
  const names = known.map(({ name }) => `"${name}"`).join(", ");
  return {
    type: "unknown",
    reason: `The mesh runs ${names}, not "${model.slice(0, 200)}"; "default" stands for the first.`,
  };
}
