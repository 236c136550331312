/** What the planner is asked about a model: one question at a time, now and then with a second opinion. */
import type { Problem } from "../../plans/mod.ts";
import type { ActivePlan } from "../plan.ts";
import type { Lead } from "./lead.ts";
import type { SolveRequest } from "./solver.ts";

/** A second opinion costs seconds of computing: a plan whose numbers keep changing gets one this often at most. */
const OPINION_MILLISECONDS = 600_000;

/** What the planner was asked. */
export interface Question {
  readonly id: number;
  /** Whether nothing but measurements asks for a change. */
  readonly review: boolean;
  readonly problem: Problem;
}

/** How the planner is asked. */
export interface Asking {
  readonly review: boolean;
  /** Whether a verdict in words is wanted, which takes the planner a while. */
  readonly explain: boolean;
  /** Whether somebody waits for the answer, and not for a second opinion. */
  readonly hurried: boolean;
  /** The plan in force. */
  readonly plan: ActivePlan | undefined;
}

/** The question that the planner works on; what it says to an older one is not heard. */
export class Inquiry {
  readonly #lead: Lead;
  #question: Question | undefined;
  /** From when on a review may ask for a second opinion. */
  #opinionAt = 0;

  constructor(lead: Lead) {
    this.#lead = lead;
  }

  get open(): boolean {
    return this.#question !== undefined;
  }

  ask(request: Omit<SolveRequest, "explain">, { review, explain, hurried, plan }: Asking, now: number): void {
    const curious = review && !hurried && now >= this.#opinionAt;
    const secondOpinion = curious && (plan?.forecast?.proofs.length ?? 0) < 2;
    if (secondOpinion) this.#opinionAt = now + OPINION_MILLISECONDS;
    const id = this.#lead.solve({ ...request, explain, secondOpinion });
    this.#question = { id, review, problem: request.problem };
  }

  /** The question that has been answered; undefined where that is an older one. */
  answered(id: number): Question | undefined {
    const question = this.#question;
    if (question?.id !== id) return undefined;
    this.#question = undefined;
    return question;
  }

  /** What the planner finds does not count any more. */
  drop(): void {
    this.#question = undefined;
  }

  /** A plan has come into force: its first review may ask for a second opinion. */
  settled(now: number): void {
    this.#opinionAt = now;
  }
}
