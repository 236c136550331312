/**
 * Mirrors of a plan's segments: devices are asked to load them once the plan has been in force for a while, one after
 * another, and a device that is lost is replaced by what mirrors its segments, at once.
 */
import { mirrorShare, nextMirror, predict, type Prediction, type Problem, WORTH_MIRRORS } from "../../plans/mod.ts";
import { sameRef } from "../../runtime/actor/mod.ts";
import { BATCH_MILLISECONDS, ENOUGH_POSITIONS, PIECE_BYTES } from "../executor/mirroring.ts";
import { type ActivePlan, comparePlans, type PlannedSegment, type PlanNumber } from "../plan.ts";
import { PREPARE_SILENCE_MILLISECONDS } from "./attempt.ts";
import type { Offer } from "./knowledge.ts";
import type { Lead } from "./lead.ts";
import type { Preparation } from "./orders.ts";
import { shapeOf } from "./planning.ts";

/** How long a plan is in force before its segments are mirrored: answers that wait for it come first. */
export const SETTLE_MILLISECONDS = 3000;
/** How often it is looked for what could be mirrored, where nothing could. */
const LOOK_MILLISECONDS = 10_000;
/** How long a device that could not load a mirror is not asked for one. */
const BAR_MILLISECONDS = 120_000;

/** How the copies of a segment go out. */
const PIECES = { bytes: PIECE_BYTES, positions: ENOUGH_POSITIONS, milliseconds: BATCH_MILLISECONDS };

/** A mirror on its way. */
interface Underway {
  readonly number: PlanNumber;
  readonly plan: PlanNumber;
  readonly device: string;
  /** The segment that it is of, by its first block. */
  readonly first: number;
  readonly bytes: number;
  heardAt: number;
}

/** The mirrors of one model. Times are the leader's clock. */
export class Mirrors {
  readonly #lead: Lead;
  #underway: Underway | undefined;
  #lookAt: number;
  readonly #barred = new Map<string, number>();

  constructor(lead: Lead, now: number) {
    this.#lead = lead;
    this.#lookAt = now + SETTLE_MILLISECONDS;
  }

  /** Bytes that mirrors take on a device: those of the plan, and one on its way. */
  bytesOn(device: string, plan: ActivePlan | undefined): number {
    const mirrored = plan?.segments.filter(({ mirror }) => mirror?.device === device) ?? [];
    const coming = this.#underway?.device === device ? this.#underway.bytes : 0;
    return mirrored.reduce((sum, { bytes }) => sum + bytes, coming);
  }

  /** Another plan is in force, or on its way: what is being loaded is given up, and begun anew in a while. */
  restart(now: number): void {
    if (this.#underway !== undefined) this.#lead.withdraw(this.#underway.device, this.#underway.number);
    this.#underway = undefined;
    this.#lookAt = now + SETTLE_MILLISECONDS;
  }

  /**
   * Has the next mirror loaded, if there is one to load and none on its way. `problem` is asked for then only. Returns the
   * plan where it has come to be known why it has no mirrors, or that it may have some.
   */
  tick(plan: ActivePlan, offer: Offer, problem: () => Problem, now: number): ActivePlan | undefined {
    const underway = this.#underway;
    const silent = underway !== undefined && now - underway.heardAt > PREPARE_SILENCE_MILLISECONDS;
    if (underway !== undefined && (silent || !this.#lead.live().includes(underway.device))) {
      this.#fail(underway.device, now);
    }
    const { mirrors = "off" } = offer.policy;
    if (mirrors === "off" || this.#underway !== undefined || now < this.#lookAt) return undefined;
    this.#lookAt = now + LOOK_MILLISECONDS;
    if (plan.segments.every(({ mirror }) => mirror !== undefined)) return undefined;
    const posed = problem();
    const predicted = predictionOf(posed, plan);
    // Where some are mirrored already, the others are too: numbers vary.
    const fresh = plan.segments.every(({ mirror }) => mirror === undefined);
    const unmirrored = mirrors === "auto" && fresh ? tooDear(posed, plan, predicted) : undefined;
    if (unmirrored === undefined) this.#begin(plan, offer, posed, predicted, now);
    return seen(plan, unmirrored);
  }

  #begin(
    plan: ActivePlan,
    { manifest, policy }: Offer,
    problem: Problem,
    predicted: Prediction | undefined,
    now: number,
  ): void {
    const { self, live, number: next, send, knowledge } = this.#lead;
    const runs = plan.segments.map(({ device, first, last, mirror }) => ({
      device,
      first,
      last,
      mirror: mirror?.device,
    }));
    const mirror = nextMirror(problem, runs, {
      tokensPerSecond: predicted?.tokensPerSecond ?? 0,
      holds: (device, block) => knowledge.holdings.heldBy(manifest.id, device).has(block),
      barred: (device) => now < (this.#barred.get(device) ?? 0),
    });
    if (mirror === undefined) return;
    const { device, owner, first, last, bytes } = mirror;
    const number = next();
    this.#underway = { number, plan: plan.number, device, first, bytes, heardAt: now };
    const shape = shapeOf(manifest, policy);
    const common = { number, model: manifest.id, policy, ...shape, sources: [...live()], replyTo: self };
    send(device, { type: "assign", ...common, first, last, bytes, mirrorOf: knowledge.name(owner) });
  }

  /** Takes what a device says of its mirror. Returns the plan with a mirror that is loaded, or nothing. */
  heard(message: Preparation, plan: ActivePlan | undefined, now: number): ActivePlan | undefined {
    const underway = this.#underway;
    if (underway === undefined || comparePlans(message.number, underway.number) !== 0) return undefined;
    if (message.device !== underway.device) return undefined;
    underway.heardAt = now;
    if (message.type === "preparing") return undefined;
    if (message.type === "unprepared" || plan === undefined || comparePlans(plan.number, underway.plan) !== 0) {
      this.#fail(underway.device, now);
      return undefined;
    }
    this.#underway = undefined;
    this.#lookAt = now;
    const { device, ref } = message;
    const mirror = { device, name: this.#lead.knowledge.name(device), ref };
    const segments = plan.segments.map((segment) =>
      segment.first === underway.first ? { ...segment, mirror } : segment
    );
    return { ...plan, segments };
  }

  #fail(device: string, now: number): void {
    if (this.#underway !== undefined) this.#lead.withdraw(device, this.#underway.number);
    this.#underway = undefined;
    this.#barred.set(device, now + BAR_MILLISECONDS);
  }
}

function predictionOf(problem: Problem, { segments }: ActivePlan): Prediction | undefined {
  const predicted = predict(problem, segments);
  return predicted.type === "possible" ? predicted.prediction : undefined;
}

/** Why a plan is not mirrored by itself, a sentence; undefined where mirrors cost little. */
function tooDear(problem: Problem, { segments }: ActivePlan, predicted: Prediction | undefined): string | undefined {
  const share = mirrorShare(problem, segments, predicted?.tpotMilliseconds ?? 0, PIECES);
  if (share <= WORTH_MIRRORS) return undefined;
  const [cost, most] = [share, WORTH_MIRRORS].map((part) => `${(100 * part).toFixed(1)}%`);
  return `Mirrors would take ${cost} of a token's time, and are worth ${most}: --mirrors on makes them all the same.`;
}

/** The plan with why it is not mirrored; undefined where that is known. In other numbers it is the same reason. */
function seen(plan: ActivePlan, unmirrored: string | undefined): ActivePlan | undefined {
  if ((plan.unmirrored === undefined) === (unmirrored === undefined)) return undefined;
  const { unmirrored: _, ...rest } = plan;
  return unmirrored === undefined ? rest : { ...rest, unmirrored };
}

/** A segment's executor, or its mirror. */
export type Executor = Pick<PlannedSegment, "device" | "ref">;

/** An executor that has ended by itself, or all of a device's, of the plan of this number. */
export interface SegmentLoss {
  readonly device: string;
  readonly number: PlanNumber;
  readonly ref?: Executor["ref"] | undefined;
  readonly reason: string;
}

/** Which executors of a plan a loss leaves; undefined where it is none of this plan's. */
export function leftBy(
  { device, number, ref }: SegmentLoss,
  plan: ActivePlan,
): ((executor: Executor) => boolean) | undefined {
  if (comparePlans(number, plan.number) !== 0) return undefined;
  const isThere = (executor: Executor) => {
    return executor.device !== device || (ref !== undefined && !sameRef(executor.ref, ref));
  };
  const all = plan.segments.flatMap((segment) => segment.mirror === undefined ? segment : [segment, segment.mirror]);
  return all.every(isThere) ? undefined : isThere;
}

/**
 * The plan as it goes on where some executors are gone: with their mirrors in their place, under a new number, or as it is
 * but for mirrors that are gone. Undefined where a segment is gone and nobody mirrors it. Pure but for `number`.
 */
export function outlive(
  plan: ActivePlan,
  isThere: (executor: Executor) => boolean,
  number: () => PlanNumber,
): { readonly plan: ActivePlan; readonly changed: boolean; readonly promoted: boolean } | undefined {
  const segments = plan.segments.flatMap(({ mirror, ...segment }): PlannedSegment[] => {
    const second = mirror !== undefined && isThere(mirror) ? mirror : undefined;
    if (isThere(segment)) return [{ ...segment, ...(second === undefined ? {} : { mirror: second }) }];
    return second === undefined ? [] : [{ ...segment, ...second }];
  });
  if (segments.length < plan.segments.length) return undefined;
  const mirrors = plan.segments.flatMap(({ mirror }) => mirror ?? []);
  if (plan.segments.every(isThere)) {
    return { plan: { ...plan, segments }, changed: !mirrors.every(isThere), promoted: false };
  }
  // What was predicted was predicted of another one.
  const { forecast: _, ...rest } = plan;
  return { plan: { ...rest, number: number(), segments }, changed: true, promoted: true };
}
