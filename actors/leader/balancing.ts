/** One model's proposals: which are looked into, which move the mesh, and how the moves turn out. */
import type { Pace, Proposal } from "../balancer/protocol.ts";
import { describeProposal } from "../balancer/words.ts";
import { type ActivePlan, comparePlans } from "../plan.ts";
import type { Decision } from "./attempt.ts";
import type { Question } from "./inquiry.ts";
import type { Lead } from "./lead.ts";
import type { Circumstances } from "./planning.ts";
import { RecentLoad } from "./recent-load.ts";
import { begun, inForce, type Moves, noMoves, obstacle, paced } from "./moves.ts";
import { bargainOf, HORIZON_MILLISECONDS } from "./price.ts";
import type { SolveAnswer } from "./solver.ts";
import { type Agenda, planSoon, reviewNow, weigh } from "./when.ts";

/** A device whose proposals come faster is not listened to: its balancer looks once in so long. */
const SPARING_MILLISECONDS = 4000;

/** Another plan than the one in force, which the planner finds the best. */
export interface Found {
  readonly plan: ActivePlan | undefined;
  readonly decision: Decision;
  readonly answer: SolveAnswer;
  readonly question: Question;
}

/** Weighs what measurements ask for. */
export class Balancing {
  readonly #lead: Lead;
  readonly #heardAt = new Map<string, number>();
  readonly #load = new RecentLoad();
  #moves: Moves = noMoves;
  /** What is to be looked into next, or is being looked into. */
  #proposal: Proposal | undefined;

  constructor(lead: Lead) {
    this.#lead = lead;
  }

  /** Whether a proposal is being looked into: a balancer has watched long enough, so that one look is enough. */
  get lasting(): boolean {
    return this.#proposal !== undefined;
  }

  /** Takes a proposal; the agenda with a look at the plan on it, where it is to be looked into. */
  heard(proposal: Proposal, plan: ActivePlan | undefined, agenda: Agenda, now: number): Agenda {
    const { device, number, reason } = proposal;
    if (plan === undefined || comparePlans(number, plan.number) !== 0 || !this.#lead.balances) return agenda;
    if (now - (this.#heardAt.get(device) ?? -Infinity) < SPARING_MILLISECONDS) return agenda;
    this.#heardAt.set(device, now);
    this.#proposal = proposal;
    // An even split knows nothing but memory.
    return plan.planner === "even" && reason === "needs-memory" ? planSoon(agenda, now) : reviewNow(agenda, now);
  }

  /** Whether to move to it. */
  weigh(agenda: Agenda, found: Found, now: number): ReturnType<typeof weigh> {
    const { plan, decision, answer: { outcome, current }, question: { review } } = found;
    // What another than the planner placed cannot be compared.
    const comparable = plan?.planner === "solver" ? current?.objectiveMilliseconds : undefined;
    const best = outcome.type === "placed" ? outcome.prediction.objectiveMilliseconds : 0;
    const concerned = [...plan?.segments ?? [], ...decision.segments].map(({ device }) => device);
    const noise = this.#lead.knowledge.steadiness.noise(decision.manifest.id, concerned);
    const weighed = weigh(agenda, { current: comparable, best, review, lasting: this.lasting, noise });
    if (!review || plan === undefined) return weighed;
    const proposal = this.#take();
    const why = weighed.verdict === "stay"
      ? "no other plan that there is room to load beside it is a tenth better"
      : this.#against(proposal, found, now);
    if (why !== undefined) {
      this.#stay(proposal, why, plan);
      return { ...weighed, verdict: "stay" };
    }
    this.#moves = begun(this.#moves, plan, decision.segments);
    const cause = proposal === undefined ? "measurements have changed" : this.#describe(proposal);
    const route = decision.segments.map(({ device, first, last }) => `${this.#name(device)} ${first}-${last}`);
    this.#say(
      "moving",
      proposal,
      `${cause}: moving to ${route.join(" > ")}${stepsOf(decision)}${gainOf(found.answer)}`,
      plan,
    );
    return weighed;
  }

  /** What was asked cannot be answered, or the plan in force is the best: nothing moves. */
  stay(why: string, plan: ActivePlan | undefined): void {
    this.#stay(this.#take(), why, plan);
  }

  /** A plan has come into force. */
  inForce(plan: ActivePlan, now: number): void {
    this.#moves = inForce(this.#moves, plan, now);
    this.#proposal = undefined;
  }

  /** What a problem is made with of it: how many answers there were at once. */
  get around(): Pick<Circumstances, "recentPeak"> {
    return { recentPeak: this.#load.peak };
  }

  /** Takes how tokens came lately; the plan to go back to where the last move made it worse. */
  paced(pace: Pace, plan: ActivePlan | undefined, now: number): ActivePlan | undefined {
    if (plan?.segments[0]?.device !== pace.device) return undefined;
    this.#load.add(pace.sequences, now);
    const { tokenMilliseconds } = pace;
    if (tokenMilliseconds === undefined) return undefined;
    const { moves, outcome } = paced(this.#moves, { ...pace, tokenMilliseconds }, plan, now);
    this.#moves = moves;
    switch (outcome.type) {
      case "none":
        return undefined;
      case "undecided":
        this.#lead.explain("undecided", "whether the last move helped cannot be told: too little was asked since");
        return undefined;
      case "helped":
        this.#lead.explain("helped", `the last move is kept: ${timesOf(outcome)}`);
        return undefined;
      case "worse":
        this.#lead.explain("worse", `the last move is to be taken back: ${timesOf(outcome)}`);
        return outcome.from;
      default:
        return outcome satisfies never;
    }
  }

  #take(): Proposal | undefined {
    const proposal = this.#proposal;
    this.#proposal = undefined;
    return proposal;
  }

  /** What speaks against moving to a plan that is better. */
  #against(
    proposal: Proposal | undefined,
    { decision, answer, question: { problem } }: Found,
    now: number,
  ): string | undefined {
    const { outcome, current } = answer;
    // A plan that memory does not allow any more is left whatever it costs: the owner comes first.
    if (current === undefined || outcome.type !== "placed") return undefined;
    if (!this.#lead.balances) return "balancing is switched off";
    const hindrance = obstacle(this.#moves, decision.segments, now);
    if (hindrance !== undefined) return hindrance;
    if (proposal === undefined || proposal.tokensPerSecond === 0) return undefined;
    const { tokensPerSecond } = proposal;
    const throughput = problem.objective === "throughput";
    const { gained, spent } = bargainOf({ current, best: outcome.prediction, throughput, tokensPerSecond });
    if (gained >= spent) return undefined;
    return `moving takes ${seconds(spent)} and gains ${seconds(gained)} within ${
      HORIZON_MILLISECONDS / 60_000
    } minutes`;
  }

  /** Nothing moves; a review that nobody asked for says nothing of that. */
  #stay(proposal: Proposal | undefined, why: string, plan: ActivePlan | undefined): void {
    if (proposal === undefined || plan === undefined) return;
    this.#say("staying", proposal, `${this.#describe(proposal)}: nothing moves, ${why}`, plan);
  }

  #say(verdict: "moving" | "staying", proposal: Proposal | undefined, text: string, { number }: ActivePlan): void {
    const why = text.slice(0, 2000);
    this.#lead.explain(verdict, why);
    if (proposal !== undefined) this.#lead.advise(proposal.device, { number, verdict, why });
  }

  #describe(proposal: Proposal): string {
    return describeProposal(proposal, this.#name(proposal.device));
  }

  #name(device: string): string {
    return this.#lead.knowledge.name(device);
  }
}

/** That others come first, where they do. */
function stepsOf({ way = [] }: Decision): string {
  return way.length === 0 ? "" : ` in ${way.length + 1} steps, for lack of memory`;
}

/** What a plan is predicted to bring. */
function gainOf({ outcome, current }: SolveAnswer): string {
  if (outcome.type !== "placed" || current === undefined) return "";
  const factor = current.objectiveMilliseconds / outcome.prediction.objectiveMilliseconds;
  return `, ${factor.toFixed(2)} times better as predicted`;
}

function timesOf({ before, after }: { readonly before: number; readonly after: number }): string {
  return `a token took ${before.toFixed(1)} ms before and takes ${after.toFixed(1)} ms now`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
