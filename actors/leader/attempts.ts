/** Having devices load a plan: the attempt under way, and those given up until it is known what takes their place. */
import { cacheTokensOf } from "../../plans/mod.ts";
import type { BlockRuns } from "../block-runs.ts";
import { type ActivePlan, comparePlans } from "../plan.ts";
import { Attempt, type Decision, PREPARE_SILENCE_MILLISECONDS } from "./attempt.ts";
import { afterStep, FREED_MILLISECONDS, nextStep } from "./course.ts";
import { bequestsBetween, heritageOf } from "./heritage.ts";
import type { Lead } from "./lead.ts";
import { isSplit } from "./in-force.ts";
import type { Preparation } from "./orders.ts";

/** What a device's word leads to. */
export type Progress =
  | { readonly type: "none" }
  | { readonly type: "failed"; readonly device: string; readonly reason: string; readonly missing?: BlockRuns }
  | { readonly type: "loaded"; readonly plan: ActivePlan };

/** The attempts at plans for one model. */
export class Attempts {
  readonly #lead: Lead;
  /** What was decided and is not in force, with what is left of the way to it. */
  #goal: Decision | undefined;
  #current: Attempt | undefined;
  /** When the way goes on, while a step of it is in force. */
  #goOnAt: number | undefined;
  /** Given up; devices may hold what they have loaded for them, which the next attempt may use. */
  #abandoned: Attempt[] = [];

  constructor(lead: Lead) {
    this.#lead = lead;
  }

  /** Whether one is under way, or is to follow. */
  get underWay(): boolean {
    return this.#goal !== undefined;
  }

  /** Bytes that the attempt under way takes on a device. */
  bytesOn(device: string): number {
    return this.#current?.decision.segments.find((segment) => segment.device === device)?.bytes ?? 0;
  }

  /** Has every device of a plan load its segment, and those of the plan in force lend it the caches of its blocks. */
  prepare(decision: Decision, inForce: ActivePlan | undefined, now: number): void {
    if (this.#does(decision)) return this.#settle();
    this.giveUp();
    this.#goal = decision;
    this.#assign(nextStep(decision), inForce, now);
    this.#settle();
  }

  #assign(decision: Decision, inForce: ActivePlan | undefined, now: number): void {
    const { self, live, number: next, send, device: leader } = this.#lead;
    const number = next();
    this.#current = new Attempt(number, decision, now);
    const { manifest, policy, shape } = decision;
    const common = { number, model: manifest.id, policy, ...shape, sources: [...live()], replyTo: self };
    for (const { segment: { device, ref }, heirs } of bequestsBetween(inForce, decision.segments)) {
      send(device, { type: "bequeath", ref, heirs: [...heirs], leader });
    }
    for (const { device, first, last, bytes } of decision.segments) {
      const heritage = heritageOf(inForce, { device, first, last }).map(({ ref, first, last }) => ({
        ref,
        first,
        last,
      }));
      send(device, { type: "assign", ...common, first, last, bytes, heritage });
    }
  }

  /** Takes what a device says of its segment. */
  heard(message: Preparation, now: number): Progress {
    const attempt = this.#current;
    const meant = attempt !== undefined && comparePlans(message.number, attempt.number) === 0;
    if (!meant || !attempt.uses(message.device)) return { type: "none" };
    attempt.heard(message.device, now);
    if (message.type === "unprepared") {
      this.giveUp();
      const { device, reason, missing } = message;
      return { type: "failed", device, reason, ...(missing === undefined ? {} : { missing }) };
    }
    if (message.type === "preparing") return { type: "none" };
    attempt.prepared(message.device, message.ref);
    this.#lead.knowledge.prove(message.device);
    const plan = attempt.plan((device) => this.#lead.knowledge.name(device));
    if (plan === undefined) return { type: "none" };
    this.#current = undefined;
    this.#goal = this.#goal && afterStep(this.#goal);
    this.#goOnAt = this.#goal && now + FREED_MILLISECONDS;
    return { type: "loaded", plan };
  }

  /** Goes on with the way to what was decided; gives up on a device that has said nothing for too long. */
  tick(inForce: ActivePlan | undefined, now: number): Progress {
    if (this.#goal !== undefined && this.#goOnAt !== undefined && now >= this.#goOnAt) {
      this.#goOnAt = undefined;
      this.#assign(nextStep(this.#goal), inForce, now);
    }
    const device = this.#current?.silent(now);
    if (device === undefined) return { type: "none" };
    this.giveUp();
    const reason = `it has not been heard of for ${PREPARE_SILENCE_MILLISECONDS / 1000} seconds`;
    return { type: "failed", device, reason };
  }

  /** A device has left. */
  lost(device: string): void {
    if (this.#current?.uses(device) || this.#goal?.segments.some((segment) => segment.device === device)) this.giveUp();
  }

  /** Ends the attempt under way; what devices loaded for it stays until another one, or `end`, says what is needed. */
  giveUp(): void {
    if (this.#current !== undefined) this.#abandoned.push(this.#current);
    [this.#current, this.#goal, this.#goOnAt] = [undefined, undefined, undefined];
  }

  /** No attempt is wanted: what is in force does. */
  end(): void {
    this.giveUp();
    this.#settle();
  }

  #does({ manifest, shape, segments }: Decision): boolean {
    const goal = this.#goal;
    return goal !== undefined && goal.manifest.id === manifest.id &&
      goal.shape.context === shape.context && goal.shape.concurrency === shape.concurrency &&
      cacheTokensOf(goal.shape) === cacheTokensOf(shape) &&
      isSplit(goal.segments, segments);
  }

  /** Has devices let go of what was loaded for attempts given up, now that they have been told what to use of it. */
  #settle(): void {
    for (const { number, decision } of this.#abandoned.splice(0)) {
      for (const { device } of decision.segments) this.#lead.withdraw(device, number);
    }
  }
}
