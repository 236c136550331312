/** From an offer and the devices that are able to what is done about it. Pure. */
import type { Manifest } from "../../models/manifest.ts";
import { evenSplit, type Planned, predict, wayTo } from "../../plans/mod.ts";
import type { ActivePlan } from "../plan.ts";
import type { Decision } from "./attempt.ts";
import { forecastOf } from "./forecast.ts";
import type { Offer } from "./knowledge.ts";
import {
  blocksOf,
  breachOf,
  capacityOf,
  type Circumstances,
  placePinned,
  problemOf,
  questionOf,
  shapeOf,
} from "./planning.ts";
import { names, type Split } from "./policy.ts";
import type { DeviceReport } from "./protocol.ts";
import type { SolveRequest } from "./solver.ts";

/** A placement, or why there is none. */
export type Placed =
  | { readonly type: "place"; readonly decision: Decision }
  | { readonly type: "infeasible"; readonly reason: string };

/** What is to be done about a model. */
export type Course = Placed | { readonly type: "ask"; readonly question: Omit<SolveRequest, "explain"> };

/** As a person has pinned it, split evenly as its policy asks, or else whatever the planner finds. */
export function courseOf(
  offer: Offer,
  able: readonly DeviceReport[],
  around: Circumstances,
  pinned: Split | null,
): Course {
  if (able.length === 0) return { type: "infeasible", reason: "No device has reported what it can do yet." };
  if (pinned !== null) {
    const course = pin(offer, able, around, pinned);
    // A pinned device has left, or may no longer hold its blocks: an answer on another split is better than none.
    if (course.type === "place") return course;
  }
  if (offer.policy.objective === "even") return split(offer, able, around);
  return { type: "ask", question: questionOf(offer, able, around) };
}

/** As a person has pinned it, or why that cannot be. */
export function pin(offer: Offer, able: readonly DeviceReport[], around: Circumstances, pinned: Split): Placed {
  const { manifest, policy } = offer;
  const shape = shapeOf(manifest, policy);
  const placement = placePinned(manifest, able, shape, pinned, around.reserved);
  if (placement.type === "infeasible") return placement;
  const reason = breachOf(problemOf(offer, able, around), placement.segments);
  if (reason !== undefined) return { type: "infeasible", reason };
  const { segments } = placement;
  return { type: "place", decision: { manifest, policy, shape, planner: "pinned", segments, forecast: undefined } };
}

/** Split evenly: as the policy asks, or where the planner failed. */
export function split(offer: Offer, able: readonly DeviceReport[], around: Circumstances): Placed {
  const { manifest, policy } = offer;
  const shape = shapeOf(manifest, policy);
  const allowed = able.filter((report) => {
    return (policy.only.length === 0 || names(policy.only, report)) && !names(policy.exclude, report);
  });
  const placement = evenSplit(capacityOf(manifest, allowed, shape, around.reserved));
  if (placement.type === "infeasible") return placement;
  const breach = breachOf(problemOf(offer, able, around), placement.segments);
  if (breach !== undefined) return { type: "infeasible", reason: `The model cannot be split evenly: ${breach}` };
  const { segments } = placement;
  return { type: "place", decision: { manifest, policy, shape, planner: "even", segments, forecast: undefined } };
}

/** As the planner found. */
export function planned({ manifest, policy }: Offer, outcome: Planned, verdict: string | undefined): Decision {
  const forecast = forecastOf(outcome, verdict);
  const shape = shapeOf(manifest, policy);
  const { segments, way } = outcome;
  return { manifest, policy, shape, planner: "solver", segments, forecast, way };
}

/** The blocks of a model that a person names by its path. */
export interface NamedModel {
  readonly path: string;
  readonly manifest: Manifest;
}

/** What a person wonders about, asked of the planner: why the best plan is the best, and what would be after changes. */
export function studyOf(
  question: Omit<SolveRequest, "explain">,
  changes: readonly string[],
  models: readonly NamedModel[],
): SolveRequest {
  const request = { ...question, explain: true, secondOpinion: true };
  if (changes.length === 0) return request;
  return { ...request, changes, models: models.map(({ path, manifest }) => ({ path, blocks: blocksOf(manifest) })) };
}

/** As it was under an earlier plan, by others between if it must be; undefined where that cannot be any more. */
export function asBefore(
  offer: Offer,
  able: readonly DeviceReport[],
  around: Circumstances,
  { planner, context, concurrency, cacheTokens, segments, forecast }: ActivePlan,
): Decision | undefined {
  const { manifest, policy } = offer;
  if (predict(problemOf(offer, able, around), segments).type === "impossible") return undefined;
  const { inForce } = around;
  const way = inForce && wayTo(problemOf(offer, able, { ...around, stays: true }), inForce.segments, segments);
  return { manifest, policy, shape: { context, concurrency, cacheTokens }, planner, segments, forecast, way };
}

/**
 * Why a model does not fit the devices, a sentence, also where no other one takes anything there; undefined where it does. As
 * far as an even split tells.
 */
export function shortageOf(offer: Offer, able: readonly DeviceReport[]): string | undefined {
  const placed = split(offer, able, {});
  return placed.type === "infeasible" ? placed.reason : undefined;
}

/** Whether a model fits the devices where no other one takes anything. */
export function wouldFit(offer: Offer, able: readonly DeviceReport[]): boolean {
  return shortageOf(offer, able) === undefined;
}
