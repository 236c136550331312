/** How the acting leader serves one model: its plan in force, the attempt at the next one, and the planner's question. */
import type { Manifest } from "../../models/manifest.ts";
import { reserveOnDisk } from "../../plans/mod.ts";
import { type ActivePlan, comparePlans, type ModelState, type PlanNumber, type Standing } from "../plan.ts";
import type { Decision } from "./attempt.ts";
import { Attempts, type Progress } from "./attempts.ts";
import { courseOf, pin, type Placed, planned, split } from "./decide.ts";
import { saysMore } from "./forecast.ts";
import type { Offer } from "./knowledge.ts";
import type { Lead } from "./lead.ts";
import type { Preparation } from "./orders.ts";
import { blocksOf, breachOf, type Circumstances, isInForce, problemOf, questionOf } from "./planning.ts";
import type { DeviceReport, Pinned, Split } from "./protocol.ts";
import type { SolveAnswer, SolveRequest } from "./solver.ts";
import { type Agenda, begin, due, planNow, planSoon, weigh } from "./when.ts";

/** A second opinion costs seconds of computing: a plan whose numbers keep changing gets one this often at most. */
const OPINION_MILLISECONDS = 600_000;

/** One model being served. */
export class Serving {
  readonly #lead: Lead;
  readonly #model: { readonly id: string; readonly name: string };
  #standing: Standing;
  readonly #attempts: Attempts;
  #agenda: Agenda;
  #pinned: Split | null;
  /** From when on a review may ask for a second opinion. */
  #opinionAt = 0;
  /** The question that the planner works on; what it says to an older one is not heard. */
  #question: { readonly id: number; readonly review: boolean } | undefined;

  constructor(lead: Lead, model: { readonly id: string; readonly name: string }, begun: Begun, now: number) {
    this.#lead = lead;
    this.#model = { id: model.id, name: model.name };
    this.#attempts = new Attempts(lead);
    this.#standing = begun.standing;
    this.#pinned = begun.pinned;
    this.#agenda = begin(lead.since, now);
  }

  /** The plan in force. */
  get plan(): ActivePlan | undefined {
    return this.#standing.type === "active" ? this.#standing.plan : undefined;
  }

  get asking(): boolean {
    return this.#question !== undefined;
  }

  /** What is published of this model. */
  state(): ModelState {
    return this.#standing.type === "active" ? this.#standing : { ...this.#standing, model: this.#model };
  }

  /** Bytes that the model takes on a device, under the plan in force or the one on its way. */
  bytesOn(device: string): number {
    const inForce = this.plan?.segments.find((segment) => segment.device === device)?.bytes ?? 0;
    return Math.max(inForce, this.#attempts.bytesOn(device));
  }

  /** A device has reported for the first time, or has learnt what was only guessed at before. */
  noticed(news: "first" | "learnt", now: number): void {
    // A plan made on guesses is looked at again as soon as they are replaced; one made on numbers waits for a review.
    if (news === "first" || this.#offer()?.policy.objective !== "even") this.planSoon(now);
  }

  /** Something has changed that a plan depends on. */
  planSoon(now: number): void {
    this.#agenda = planSoon(this.#agenda, now);
  }

  /** A device has left. */
  lost(device: string, name: string, now: number): void {
    // What the planner finds may count on it.
    this.#question = undefined;
    this.#attempts.lost(device);
    this.planSoon(now);
    if (this.plan?.segments.some((segment) => segment.device === device)) {
      this.#wait(`${name} has left; the blocks it held are being placed anew.`);
    }
  }

  /** A segment executor of the plan in force has ended by itself. */
  segmentLost(device: string, number: PlanNumber, reason: string, now: number): void {
    const { plan } = this;
    if (plan === undefined || comparePlans(number, plan.number) !== 0) return;
    if (!plan.segments.some((segment) => segment.device === device)) return;
    this.planSoon(now);
    this.#wait(`A segment was lost (${reason}) and is being loaded again.`);
  }

  /** Fixes how many blocks each device holds, or with `null` leaves it to the planner again. */
  pin(pinned: Split | null, now: number): Pinned {
    const offer = this.#offer();
    if (offer === undefined) return { type: "refused", reason: "What the model is made of is not known here yet." };
    const course = pinned === null ? undefined : pin(offer, this.#able(offer, now), this.#around(), pinned);
    if (course?.type === "infeasible") return { type: "refused", reason: course.reason };
    this.#pinned = pinned;
    this.#agenda = planNow(this.#agenda, now);
    return { type: "accepted" };
  }

  /** The question of a person who wonders: what if, or why. Undefined where there is nothing to ask about yet. */
  study(
    changes: readonly string[],
    models: readonly { readonly path: string; readonly manifest: Manifest }[],
    now: number,
  ): SolveRequest | undefined {
    const offer = this.#offer();
    if (offer === undefined) return undefined;
    const question = questionOf(offer, this.#able(offer, now), this.#around());
    const request = { ...question, explain: true, secondOpinion: true };
    if (changes.length === 0) return request;
    return { ...request, changes, models: models.map(({ path, manifest }) => ({ path, blocks: blocksOf(manifest) })) };
  }

  /** A device says how far it is with its segment. */
  heard(message: Preparation, now: number): void {
    this.#progress(this.#attempts.heard(message, now), now);
  }

  /** Looks at what is due. Only one model at a time may be planned: the next one has to know what this one takes. */
  tick(mayPlan: boolean, now: number): void {
    this.#progress(this.#attempts.tick(now), now);
    if (!mayPlan) return;
    const settled = this.plan !== undefined && !this.#attempts.underWay && !this.asking;
    const next = due(this.#agenda, { complete: this.#lead.knowledge.complete(), settled }, now);
    this.#agenda = next.agenda;
    if (next.due !== "nothing") this.#plan(next.due === "review", now);
  }

  /** The planner has an answer, or has failed. */
  solved(id: number, answer: SolveAnswer | { readonly error: string }, now: number): void {
    const question = this.#question;
    if (question === undefined || question.id !== id) return;
    this.#question = undefined;
    const offer = this.#offer();
    if (offer === undefined) return;
    const { review } = question;
    if ("error" in answer) return this.#unsolved(offer, answer.error, review, now);
    const { outcome } = answer;
    switch (outcome.type) {
      case "unsolved":
        return this.#unsolved(offer, outcome.reason, review, now);
      case "infeasible":
        return review ? undefined : this.#infeasible(offer, outcome.reason, now);
      case "placed":
        return this.#consider(planned(offer, outcome, answer.explanation?.verdict), answer, review, now);
      default:
        return outcome satisfies never;
    }
  }

  /** The model is not served any more. */
  end(): void {
    this.#attempts.end();
  }

  #offer(): Offer | undefined {
    return this.#lead.knowledge.offered(this.#model.id);
  }

  #able(offer: Offer, now: number): DeviceReport[] {
    return this.#lead.knowledge.able(offer, now);
  }

  #around(): Circumstances {
    return { inForce: this.plan, reserved: (device) => this.#lead.reserved(this.#model.id, device) };
  }

  #plan(review: boolean, now: number): void {
    this.#question = undefined;
    const offer = this.#offer();
    // A new leader waits for the others' offers before it lets go of a plan that works.
    if (offer === undefined) return;
    const course = courseOf(offer, this.#able(offer, now), this.#around(), this.#pinned);
    if (course.type === "ask") {
      const secondOpinion = review && now >= this.#opinionAt && (this.plan?.forecast?.proofs.length ?? 0) < 2;
      if (secondOpinion) this.#opinionAt = now + OPINION_MILLISECONDS;
      const id = this.#lead.solve({ ...course.question, explain: true, secondOpinion });
      this.#question = { id, review };
    } else if (!review) this.#take(offer, course, now);
  }

  /** Follows a course that needs no planner. */
  #take(offer: Offer, course: Placed, now: number): void {
    if (course.type === "infeasible") return this.#infeasible(offer, course.reason, now);
    if (this.#does(course.decision)) this.#attempts.end();
    else this.#attempts.prepare(course.decision, now);
  }

  /** Whether the plan in force is what was decided. */
  #does({ shape, segments }: Decision): boolean {
    return this.plan !== undefined && isInForce(this.plan, this.#model.id, shape, segments);
  }

  /** Moves to what the planner found, if it pays. */
  #consider(decision: Decision, { outcome, current }: SolveAnswer, review: boolean, now: number): void {
    const { plan } = this;
    if (plan !== undefined && this.#does(decision)) {
      this.#agenda = { ...this.#agenda, better: 0 };
      this.#attempts.end();
      // The same plan, seen more clearly.
      const { forecast } = decision;
      if (review && forecast !== undefined && saysMore(plan.forecast, forecast)) {
        this.#stand({ type: "active", plan: { ...plan, forecast } });
      }
      return;
    }
    const comparable = plan?.planner === "solver" ? current?.objectiveMilliseconds : undefined;
    const best = outcome.type === "placed" ? outcome.prediction.objectiveMilliseconds : 0;
    const weighed = weigh(this.#agenda, { current: comparable, best, review });
    this.#agenda = weighed.agenda;
    if (weighed.verdict === "move") this.#attempts.prepare(decision, now);
    else this.#attempts.end();
  }

  #unsolved(offer: Offer, reason: string, review: boolean, now: number): void {
    this.#lead.warn(`${reason} The model is split evenly instead.`);
    if (review) return;
    this.#take(offer, split(offer, this.#able(offer, now), this.#around()), now);
  }

  /** No plan can be made. One that works and that the owner's wishes allow is still better than none. */
  #infeasible(offer: Offer, reason: string, now: number): void {
    const { knowledge } = this.#lead;
    this.#attempts.end();
    if (this.plan !== undefined) {
      if (breachOf(problemOf(offer, knowledge.reach(offer)), this.plan.segments) === undefined) return;
    }
    this.#wait([reason, ...knowledge.exclusions(now)].join(" ").slice(0, 2000));
  }

  #progress(progress: Progress, now: number): void {
    switch (progress.type) {
      case "none":
        return;
      case "failed":
        this.#lead.knowledge.exclude(progress.device, progress.reason, now);
        return this.planSoon(now);
      case "loaded":
        this.#opinionAt = now;
        this.#stand({ type: "active", plan: progress.plan });
        if (progress.plan.planner === "solver") this.#reserve(progress.decision, now);
        return;
      default:
        return progress satisfies never;
    }
  }

  /** Has devices keep blocks of their neighbours on disk, so that they can take over without the one that had them. */
  #reserve({ manifest, segments }: Decision, now: number): void {
    const { knowledge, live, send, device: leader } = this.#lead;
    const offer = this.#offer();
    if (offer === undefined) return;
    const problem = problemOf(offer, this.#able(offer, now), this.#around());
    const spareDiskBytes = (device: string) => knowledge.spareDiskBytes(device);
    const sources = [...live()];
    for (const { device, owner, first, last } of reserveOnDisk(problem, segments, spareDiskBytes)) {
      const range = { model: manifest.id, first, last, owner: knowledge.name(owner) };
      send(device, { type: "reserve", ...range, sources, leader });
    }
  }

  #wait(reason: string): void {
    this.#stand({ type: "waiting", reason });
  }

  #stand(standing: Standing): void {
    this.#standing = standing;
    this.#lead.changed();
  }
}

/** How a serving begins. */
export interface Begun {
  readonly standing: Standing;
  readonly pinned: Split | null;
}
