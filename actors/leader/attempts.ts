/** Having devices load a plan: the attempt under way, and those given up until it is known what takes their place. */
import type { BlockRuns } from "../block-runs.ts";
import { type ActivePlan, comparePlans } from "../plan.ts";
import { Attempt, type Decision, PREPARE_SILENCE_MILLISECONDS } from "./attempt.ts";
import { bequestsBetween, heritageOf } from "./heritage.ts";
import type { Lead } from "./lead.ts";
import { isSplit } from "./planning.ts";
import type { Preparation } from "./orders.ts";

/** What a device's word leads to. */
export type Progress =
  | { readonly type: "none" }
  | { readonly type: "failed"; readonly device: string; readonly reason: string; readonly missing?: BlockRuns }
  | { readonly type: "loaded"; readonly plan: ActivePlan; readonly decision: Decision };

/** The attempts at plans for one model. */
export class Attempts {
  readonly #lead: Lead;
  #current: Attempt | undefined;
  /** Given up; devices may hold what they have loaded for them, which the next attempt may use. */
  #abandoned: Attempt[] = [];

  constructor(lead: Lead) {
    this.#lead = lead;
  }

  /** Whether one is under way. */
  get underWay(): boolean {
    return this.#current !== undefined;
  }

  /** Bytes that the attempt under way takes on a device. */
  bytesOn(device: string): number {
    return this.#current?.decision.segments.find((segment) => segment.device === device)?.bytes ?? 0;
  }

  /** Has every device of a plan load its segment, and those of the plan in force lend it the caches of its blocks. */
  prepare(decision: Decision, inForce: ActivePlan | undefined, now: number): void {
    if (this.#does(decision)) return this.#settle();
    this.giveUp();
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
    this.#settle();
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
    return { type: "loaded", plan, decision: attempt.decision };
  }

  /** Gives up on a device that has said nothing for too long. */
  tick(now: number): Progress {
    const device = this.#current?.silent(now);
    if (device === undefined) return { type: "none" };
    this.giveUp();
    const reason = `it has not been heard of for ${PREPARE_SILENCE_MILLISECONDS / 1000} seconds`;
    return { type: "failed", device, reason };
  }

  /** A device has left. */
  lost(device: string): void {
    if (this.#current?.uses(device)) this.giveUp();
  }

  /** Ends the attempt under way; what devices loaded for it stays until another one, or `end`, says what is needed. */
  giveUp(): void {
    if (this.#current !== undefined) this.#abandoned.push(this.#current);
    this.#current = undefined;
  }

  /** No attempt is wanted: what is in force does. */
  end(): void {
    this.giveUp();
    this.#settle();
  }

  #does({ manifest, shape, segments }: Decision): boolean {
    const current = this.#current?.decision;
    return current !== undefined && current.manifest.id === manifest.id &&
      current.shape.context === shape.context && current.shape.concurrency === shape.concurrency &&
      isSplit(current.segments, segments);
  }

  /** Has devices let go of what was loaded for attempts given up, now that they have been told what to use of it. */
  #settle(): void {
    for (const { number, decision } of this.#abandoned.splice(0)) {
      for (const { device } of decision.segments) this.#lead.withdraw(device, number);
    }
  }
}
