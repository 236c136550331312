/** Where a model stands: under a plan, with the mirrors of its segments, or waiting for one. */
import type { Problem } from "../../plans/mod.ts";
import type { ActivePlan, ModelState, Standing } from "../plan.ts";
import type { Decision } from "./attempt.ts";
import { seenClearer } from "./forecast.ts";
import type { Offer } from "./knowledge.ts";
import type { Begun, Lead, Named } from "./lead.ts";
import { Levels } from "./levels.ts";
import { type Executor, Mirrors, outlive } from "./mirrors.ts";
import type { Preparation } from "./orders.ts";
import type { Circumstances } from "./planning.ts";
import type { Fate } from "./when.ts";

/** The standing of one model, which is published whenever it changes. */
export class Stand {
  readonly #lead: Lead;
  readonly #model: Named;
  readonly #mirrors: Mirrors;
  readonly #levels = new Levels();
  #standing: Standing;
  #broken: ActivePlan | undefined;
  #cramped = false;

  constructor(lead: Lead, { id, name }: Named, { standing, broken }: Begun, now: number) {
    this.#lead = lead;
    this.#model = { id, name };
    this.#mirrors = new Mirrors(lead, now);
    [this.#standing, this.#broken] = [standing, broken];
  }

  /** The plan in force. */
  get plan(): ActivePlan | undefined {
    return this.#standing.type === "active" ? this.#standing.plan : undefined;
  }

  /** What a problem is made with of it: the plan in force, or the one that was last, while it has lost a device. */
  get around(): Pick<Circumstances, "inForce" | "broken"> {
    return { inForce: this.plan, broken: this.#broken };
  }

  /** What is published of it. */
  state(): ModelState {
    return this.#standing.type === "active" ? this.#standing : { ...this.#standing, model: this.#model };
  }

  /** A plan has come into force. */
  inForce(plan: ActivePlan, now: number): void {
    this.#cramped = false;
    this.#broken = undefined;
    this.#levels.restart();
    this.#mirrors.restart(now);
    this.see(plan);
  }

  /** More is known of the plan in force. */
  see(plan: ActivePlan): void {
    this.#stand({ type: "active", plan });
  }

  /** The plan in force is what has been decided on again. */
  confirmed(decision: Decision, review: boolean): void {
    const seen = this.plan && seenClearer(this.plan, decision, review);
    if (seen !== undefined) this.see(seen);
  }

  /** Whether there is no plan because there is not the memory for one. */
  get cramped(): boolean {
    return this.#cramped;
  }

  /** Other models have let go of memory: whether it is enough is not known yet. */
  relieved(): void {
    this.#cramped = false;
  }

  /** There is no plan, and why; `cramped` where more memory would make one. */
  wait(reason: string, cramped = false): void {
    this.#cramped = cramped;
    if (this.#standing.type === "waiting" && this.#standing.reason === reason) return;
    this.#broken = this.plan ?? this.#broken;
    this.#stand({ type: "waiting", reason });
  }

  /** Bytes of the plan and its mirrors on a device; `coming` are those of the plan that is to replace it. */
  bytesOn(device: string, coming: number): number {
    const segments = this.plan?.segments.filter((segment) => segment.device === device) ?? [];
    const running = segments.reduce((sum, { bytes }) => sum + bytes, 0);
    return Math.max(running, coming) + this.#mirrors.bytesOn(device, this.plan);
  }

  /** Another plan is on its way: no mirror is loaded meanwhile. */
  givesWay(now: number): void {
    this.#mirrors.restart(now);
  }

  /**
   * Goes on with the executors that are there, mirrors in the place of those they mirror; where one is gone that nobody
   * mirrors, waits for `reason`. Returns what has become of the plan; nothing, where there was none.
   */
  outlive(isThere: (executor: Executor) => boolean, reason: string, now: number): Fate {
    const { plan } = this;
    if (plan === undefined) return "whole";
    const live = new Set(this.#lead.live());
    const outlived = outlive(plan, (executor) => live.has(executor.device) && isThere(executor), this.#lead.number);
    if (outlived === undefined) {
      this.wait(reason);
      return "lost";
    }
    if (!outlived.changed) return "whole";
    this.#levels.restart();
    this.#mirrors.restart(now);
    this.see(outlived.plan);
    return outlived.promoted ? "promoted" : "whole";
  }

  /** Says what the levels of an elastic model take; has the next mirror loaded, if one is due, or says why there is none. */
  tick(offer: Offer, problem: () => Problem, now: number): void {
    const { plan } = this;
    if (plan === undefined) return;
    const { manifest } = offer;
    const timed = this.#levels.tick(plan, { manifest, devices: () => this.#lead.knowledge.reach(offer) }, problem, now);
    const seen = this.#mirrors.tick(timed ?? plan, offer, problem, now) ?? timed;
    if (seen !== undefined) this.see(seen);
  }

  /** Takes what a device says of a mirror that it was to load. */
  heard(message: Preparation, now: number): void {
    const mirrored = this.#mirrors.heard(message, this.plan, now);
    if (mirrored !== undefined) this.see(mirrored);
  }

  #stand(standing: Standing): void {
    this.#standing = standing;
    this.#lead.changed();
  }
}
