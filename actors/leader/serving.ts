/** How the acting leader serves one model: its plan in force, the attempt at the next one, and the planner's question. */
import type { ActivePlan } from "../plan.ts";
import type { Pace, Proposal } from "../balancer/protocol.ts";
import { absenceOf, absenceOfModel, absentFor } from "./absence.ts";
import type { Decision } from "./attempt.ts";
import { Attempts, type Progress } from "./attempts.ts";
import { Balancing } from "./balancing.ts";
import { Copies } from "./copies.ts";
import { asBefore, courseOf, type NamedModel, pin, type Placed, planned, split, studyOf, wouldFit } from "./decide.ts";
import { Inquiry, type Question } from "./inquiry.ts";
import type { News, Offer } from "./knowledge.ts";
import { type Begun, type Lead, type Named, surroundings } from "./lead.ts";
import { leftBy, type SegmentLoss } from "./mirrors.ts";
import type { Preparation } from "./orders.ts";
import { isInForce } from "./in-force.ts";
import { breachOf, type Circumstances, problemOf, questionOf } from "./planning.ts";
import type { Split } from "./policy.ts";
import type { DeviceReport, Pinned } from "./protocol.ts";
import { Stand } from "./stand.ts";
import type { SolveAnswer, SolveRequest } from "./solver.ts";
import { type Agenda, begin, due, type Fate, planAfter, planLater, planNow, planSoon, reviewNow } from "./when.ts";

/** One model being served. */
export class Serving {
  readonly #lead: Lead;
  readonly #model: Named;
  readonly #stand: Stand;
  readonly #attempts: Attempts;
  readonly #copies: Copies;
  readonly #balancing: Balancing;
  readonly #inquiry: Inquiry;
  #agenda: Agenda;
  #pinned: Split | null;

  /** Goes on from where the model stands, with the split that people asked for. */
  constructor(lead: Lead, model: Named, begun: Begun, now: number) {
    this.#lead = lead;
    this.#model = { id: model.id, name: model.name };
    this.#attempts = new Attempts(lead);
    this.#copies = new Copies(lead, model.id, now);
    this.#balancing = new Balancing(lead);
    this.#inquiry = new Inquiry(lead);
    this.#stand = new Stand(lead, model, begun, now);
    this.#pinned = begun.pinned;
    this.#agenda = begin(lead.since, now);
  }

  /** The plan in force. */
  get plan(): ActivePlan | undefined {
    return this.#stand.plan;
  }

  get asking(): boolean {
    return this.#inquiry.open;
  }

  /** Where it stands: what is published of it, and whether it lacks memory. */
  get stand(): Pick<Stand, "state" | "cramped" | "relieved"> {
    return this.#stand;
  }

  /** Bytes that the model takes on a device, under the plan in force or the one on its way. */
  bytesOn(device: string): number {
    return this.#stand.bytesOn(device, this.#attempts.bytesOn(device));
  }

  /** When to look at what is due. */
  get dueAt(): number {
    return Math.min(this.#agenda.planAt ?? Infinity, this.#agenda.reviewAt);
  }

  /** A device has reported what is more than numbers. */
  noticed(news: Exclude<News, "numbers">, now: number): void {
    if (news === "first") this.#copies.changed(now);
    // A plan made on guesses is looked at as soon as one is replaced. What has run is measured yet: see `reviewNow`.
    if (news === "worked") this.#agenda = reviewNow(this.#agenda, now);
    else if (news !== "linked" || this.#offer()?.policy.objective !== "even") this.planSoon(now);
  }

  /** A device has blocks on disk that it was not known to have; `freed`: somebody may load what it could not get before. */
  found(freed: boolean, now: number): void {
    this.#copies.changed(now);
    if (freed || (this.plan === undefined && !this.#attempts.underWay)) this.planSoon(now);
  }

  /** A device's balancer says that the plan does not hold there. */
  proposed(proposal: Proposal, now: number): void {
    this.#agenda = this.#balancing.heard(proposal, this.plan, this.#agenda, now);
  }

  /** How tokens came lately; a move that made it worse is taken back. */
  paced(pace: Pace, now: number): void {
    const [offer, before] = [this.#offer(), this.#balancing.paced(pace, this.plan, now)];
    if (before === undefined || offer === undefined || this.#attempts.underWay) return;
    const decision = asBefore(offer, this.#able(offer, now), this.#around(), before);
    if (decision !== undefined) this.#prepare(decision, now);
  }

  /** Something has changed that a plan depends on. */
  planSoon(now: number): void {
    this.#agenda = planSoon(this.#agenda, now);
  }

  /** Devices of the plan may be lost, and this has become of it. */
  planAfter(fate: Fate, now: number): void {
    this.#agenda = planAfter(this.#agenda, fate, now);
  }

  /** A device has left. */
  lost(device: string, name: string, now: number): void {
    // What the planner finds may count on it.
    this.#inquiry.drop();
    this.#attempts.lost(device);
    this.#copies.changed(now);
    const reason = `${name} has left; the blocks it held are being placed anew.`;
    this.planAfter(this.#stand.outlive((executor) => executor.device !== device, reason, now), now);
  }

  /** An executor of the plan in force has ended by itself. */
  segmentLost(loss: SegmentLoss, now: number): void {
    const isThere = this.plan && leftBy(loss, this.plan);
    const reason = `A segment was lost (${loss.device}: ${loss.reason}) and is being loaded again.`;
    if (isThere !== undefined) this.planAfter(this.#stand.outlive(isThere, reason, now), now);
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
    this.#stand.heard(message, now);
  }

  /** Looks at what is due. Only one model at a time may be planned: the next one has to know what this one takes. */
  tick(mayPlan: boolean, now: number): void {
    this.#progress(this.#attempts.tick(this.plan, now), now);
    if (!mayPlan) return;
    const settled = this.plan !== undefined && !this.#attempts.underWay && !this.asking;
    if (settled && this.plan !== undefined) this.#tend(this.plan, now);
    const next = due(this.#agenda, { complete: this.#lead.knowledge.complete(), settled }, now);
    this.#agenda = next.agenda;
    if (next.due !== "nothing") this.#plan(next.due === "review", now);
  }

  /** What is done while a plan works: for the case that a device of it is lost, and to know what its levels take. */
  #tend(plan: ActivePlan, now: number): void {
    this.#copies.tick(plan, now);
    const offer = this.#offer();
    if (offer) this.#stand.tick(offer, () => problemOf(offer, this.#able(offer, now), this.#around()), now);
  }

  /** The planner has an answer, or has failed. */
  solved(id: number, answer: SolveAnswer | { readonly error: string }, now: number): void {
    const [question, offer] = [this.#inquiry.answered(id), this.#offer()];
    if (question === undefined || offer === undefined) return;
    if ("error" in answer) return this.#unsolved(offer, answer.error, question, now);
    switch (answer.outcome.type) {
      case "unsolved":
        return this.#unsolved(offer, answer.outcome.reason, question, now);
      case "infeasible":
        if (question.review) return this.#balancing.stay("no plan fits any more", this.plan);
        return this.#infeasible(offer, answer.outcome.reason, now);
      case "placed":
        return this.#consider(planned(offer, answer.outcome, answer.explanation?.verdict), answer, question, now);
      default:
        return answer.outcome satisfies never;
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

  #around(stays = false): Circumstances {
    return { ...this.#stand.around, stays, ...this.#balancing.around, ...surroundings(this.#model.id, this.#lead) };
  }

  #plan(review: boolean, now: number): void {
    this.#inquiry.drop();
    const offer = this.#offer();
    // A new leader waits for the others' offers before it lets go of a plan that works.
    if (offer === undefined) {
      return this.plan === undefined ? this.#stand.wait(absenceOfModel(this.#model, this.#lead)) : undefined;
    }
    const absence = absenceOf(offer, this.#lead);
    if (absence !== undefined && this.plan === undefined) return this.#stand.wait(absence);
    const course = courseOf(offer, this.#able(offer, now), this.#around(review), this.#pinned);
    if (course.type === "ask") {
      // Who waits for a plan does not wait for a verdict on it: reviews give one.
      const [explain, hurried] = [this.#stand.around.broken === undefined, this.#balancing.lasting];
      this.#inquiry.ask(course.question, { review, explain, hurried, plan: this.plan }, now);
    } else if (!review) this.#take(offer, course, now);
    else this.#balancing.stay("the split is not the planner's", this.plan);
  }

  /** Follows a course that needs no planner. */
  #take(offer: Offer, course: Placed, now: number): void {
    if (course.type === "infeasible") return this.#infeasible(offer, course.reason, now);
    if (!this.#does(course.decision)) return this.#prepare(course.decision, now);
    this.#attempts.end();
    this.#stand.confirmed(course.decision, false);
  }

  /** Whether the plan in force is what was decided. */
  #does({ shape, segments }: Decision): boolean {
    return this.plan !== undefined && isInForce(this.plan, this.#model.id, shape, segments);
  }

  /** Moves to what the planner found, if it pays. */
  #consider(decision: Decision, answer: SolveAnswer, question: Question, now: number): void {
    const { plan } = this;
    if (plan !== undefined && this.#does(decision)) {
      this.#agenda = { ...this.#agenda, better: 0 };
      this.#attempts.end();
      this.#balancing.stay("the plan in force is the best", plan);
      return this.#stand.confirmed(decision, question.review);
    }
    const { agenda, verdict } = this.#balancing.weigh(this.#agenda, { plan, decision, answer, question }, now);
    this.#agenda = agenda;
    if (verdict === "move") this.#prepare(decision, now);
    else this.#attempts.end();
  }

  #prepare(decision: Decision, now: number): void {
    this.#stand.givesWay(now);
    this.#attempts.prepare(decision, this.plan, now);
  }

  #unsolved(offer: Offer, reason: string, { review }: Question, now: number): void {
    this.#lead.warn(`${reason} The model is split evenly instead.`);
    if (!review) this.#take(offer, split(offer, this.#able(offer, now), this.#around()), now);
  }

  /** No plan can be made. One that works and that the owner's wishes allow is still better than none. */
  #infeasible(offer: Offer, reason: string, now: number): void {
    const { knowledge } = this.#lead;
    this.#attempts.end();
    const { plan } = this;
    if (plan && breachOf(problemOf(offer, knowledge.reach(offer)), plan.segments) === undefined) return;
    const cramped = wouldFit(offer, this.#able(offer, now));
    this.#stand.wait([reason, ...knowledge.exclusions(now)].join(" ").slice(0, 2000), cramped);
  }

  #progress(progress: Progress, now: number): void {
    switch (progress.type) {
      case "none":
        return;
      case "failed":
        return this.#failed(progress, now);
      case "loaded":
        this.#inquiry.settled(now);
        if (!this.#attempts.underWay) this.#balancing.inForce(progress.plan, now);
        this.#stand.inForce(progress.plan, now);
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
    if (this.plan === undefined) this.#stand.wait(absence);
  }
}
