/** How the acting leader serves one model: its plan in force, the attempt at the next one, and the planner's question. */
import { type ActivePlan, comparePlans, type ModelState, type PlanNumber, type Standing } from "../plan.ts";
import { absenceOf, absenceOfModel, absentFor } from "./absence.ts";
import type { Decision } from "./attempt.ts";
import { Attempts, type Progress } from "./attempts.ts";
import { Copies } from "./copies.ts";
import { courseOf, type NamedModel, pin, type Placed, planned, split, studyOf } from "./decide.ts";
import { seenClearer } from "./forecast.ts";
import type { News, Offer } from "./knowledge.ts";
import { type Begun, type Lead, surroundings } from "./lead.ts";
import type { Preparation } from "./orders.ts";
import { breachOf, type Circumstances, isInForce, problemOf, questionOf } from "./planning.ts";
import type { Split } from "./policy.ts";
import type { DeviceReport, Pinned } from "./protocol.ts";
import type { SolveAnswer, SolveRequest } from "./solver.ts";
import { type Agenda, begin, due, planLater, planNow, planSoon, planUrgently, weigh } from "./when.ts";

/** A second opinion costs seconds of computing: a plan whose numbers keep changing gets one this often at most. */
const OPINION_MILLISECONDS = 600_000;

/** One model being served. */
export class Serving {
  readonly #lead: Lead;
  readonly #model: { readonly id: string; readonly name: string };
  #standing: Standing;
  readonly #attempts: Attempts;
  readonly #copies: Copies;
  #agenda: Agenda;
  #pinned: Split | null;
  /** The plan that was in force last, while it has lost a device. */
  #broken: ActivePlan | undefined;
  /** From when on a review may ask for a second opinion. */
  #opinionAt = 0;
  /** The question that the planner works on; what it says to an older one is not heard. */
  #question: { readonly id: number; readonly review: boolean } | undefined;

  constructor(lead: Lead, model: { readonly id: string; readonly name: string }, begun: Begun, now: number) {
    this.#lead = lead;
    this.#model = { id: model.id, name: model.name };
    this.#attempts = new Attempts(lead);
    this.#copies = new Copies(lead, model.id, now);
    this.#standing = begun.standing;
    this.#pinned = begun.pinned;
    this.#broken = begun.broken;
    this.#agenda = begin(lead.since, now);
  }

  /** The plan in force. */
  get plan(): ActivePlan | undefined {
    return this.#standing.type === "active" ? this.#standing.plan : undefined;
  }

  get asking(): boolean {
    return this.#question !== undefined;
  }

  /** What is published of it. */
  state(): ModelState {
    return this.#standing.type === "active" ? this.#standing : { ...this.#standing, model: this.#model };
  }

  /** Bytes that the model takes on a device, under the plan in force or the one on its way. */
  bytesOn(device: string): number {
    const inForce = this.plan?.segments.find((segment) => segment.device === device)?.bytes ?? 0;
    return Math.max(inForce, this.#attempts.bytesOn(device));
  }

  /** When to look at what is due. */
  get dueAt(): number {
    return Math.min(this.#agenda.planAt ?? Infinity, this.#agenda.reviewAt);
  }

  /** A device has reported what is more than numbers. */
  noticed(news: Exclude<News, "numbers">, now: number): void {
    if (news === "first") this.#copies.changed(now);
    // A plan made on guesses is looked at again as soon as they are replaced; one made on numbers waits for a review.
    if (news !== "learnt" || this.#offer()?.policy.objective !== "even") this.planSoon(now);
  }

  /** A device has blocks on disk that it was not known to have; `freed`: somebody may load what it could not get before. */
  found(freed: boolean, now: number): void {
    this.#copies.changed(now);
    if (freed || (this.plan === undefined && !this.#attempts.underWay)) this.planSoon(now);
  }

  /** Something has changed that a plan depends on. */
  planSoon(now: number): void {
    this.#agenda = planSoon(this.#agenda, now);
  }

  /** A plan is wanted at once: nobody gets an answer until there is one. */
  planUrgently(now: number): void {
    this.#agenda = planUrgently(this.#agenda, now);
  }

  /** A device has left. */
  lost(device: string, name: string, now: number): void {
    // What the planner finds may count on it.
    this.#question = undefined;
    this.#attempts.lost(device);
    this.#copies.changed(now);
    if (!this.plan?.segments.some((segment) => segment.device === device)) return this.planSoon(now);
    this.planUrgently(now);
    this.#wait(`${name} has left; the blocks it held are being placed anew.`);
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
    this.repin(pinned, now);
    return { type: "accepted" };
  }

  /** Keeps to a split that has been accepted, here or by another leader, or to none. */
  repin(pinned: Split | null, now: number): void {
    this.#pinned = pinned;
    this.#agenda = planNow(this.#agenda, now);
  }

  /** The question of a person who wonders: what if, or why. Undefined where there is nothing to ask about yet. */
  study(changes: readonly string[], models: readonly NamedModel[], now: number): SolveRequest | undefined {
    const offer = this.#offer();
    if (offer === undefined) return undefined;
    return studyOf(questionOf(offer, this.#able(offer, now), this.#around()), changes, models);
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
    if (settled && this.plan !== undefined) this.#copies.tick(this.plan, now);
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
    return { inForce: this.plan, broken: this.#broken, ...surroundings(this.#model.id, this.#lead) };
  }

  #plan(review: boolean, now: number): void {
    this.#question = undefined;
    const offer = this.#offer();
    // A new leader waits for the others' offers before it lets go of a plan that works.
    if (offer === undefined) {
      return this.plan === undefined ? this.#wait(absenceOfModel(this.#model, this.#lead)) : undefined;
    }
    const absence = absenceOf(offer, this.#lead);
    if (absence !== undefined && this.plan === undefined) return this.#wait(absence);
    const course = courseOf(offer, this.#able(offer, now), this.#around(), this.#pinned);
    if (course.type === "ask") {
      const secondOpinion = review && now >= this.#opinionAt && (this.plan?.forecast?.proofs.length ?? 0) < 2;
      if (secondOpinion) this.#opinionAt = now + OPINION_MILLISECONDS;
      // Who waits for a plan does not wait for a verdict on it: reviews give one.
      const explain = this.#broken === undefined;
      const id = this.#lead.solve({ ...course.question, explain, secondOpinion });
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
      const seen = review ? seenClearer(plan, decision.forecast) : undefined;
      return seen === undefined ? undefined : this.#stand({ type: "active", plan: seen });
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
        return this.#failed(progress, now);
      case "loaded":
        this.#opinionAt = now;
        this.#broken = undefined;
        this.#stand({ type: "active", plan: progress.plan });
        return this.#copies.planned(now);
      default:
        return progress satisfies never;
    }
  }

  /** A device did not load its segment. It is not to blame for blocks that nobody else has: they are waited for. */
  #failed({ device, reason, missing }: Extract<Progress, { type: "failed" }>, now: number): void {
    const absence = absentFor(device, missing, this.#offer(), this.#lead);
    if (absence === undefined) {
      this.#lead.knowledge.exclude(device, reason, now, missing);
      return this.planSoon(now);
    }
    this.#agenda = planLater(this.#agenda, now);
    if (this.plan === undefined) this.#wait(absence);
  }

  #wait(reason: string): void {
    if (this.#standing.type === "waiting" && this.#standing.reason === reason) return;
    this.#broken = this.plan ?? this.#broken;
    this.#stand({ type: "waiting", reason });
  }

  #stand(standing: Standing): void {
    this.#standing = standing;
    this.#lead.changed();
  }
}
