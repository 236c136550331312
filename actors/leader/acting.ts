/** What the acting leader knows and does: reports in, placement, preparation of every segment, publication. */
import type { Manifest } from "../../models/manifest.ts";
import { evenSplit, type Problem, reserveOnDisk } from "../../plans/mod.ts";
import type { Ref } from "../../runtime/actor/mod.ts";
import type { Device } from "../device.ts";
import {
  type ActivePlan,
  comparePlans,
  type MeshState,
  noModels,
  type PlanNumber,
  type Standing,
  standingOf,
} from "../plan.ts";
import type { SupervisorMessage } from "../supervisor/protocol.ts";
import { Attempt, type Decision, PREPARE_SILENCE_MILLISECONDS } from "./attempt.ts";
import { forecastOf } from "./forecast.ts";
import { Knowledge, type Offer } from "./knowledge.ts";
import { blocksOf, breachOf, capacityOf, isInForce, placePinned, problemOf, questionOf, shapeOf } from "./planning.ts";
import { names, type ServingPolicy } from "./policy.ts";
import type { DeviceReport, LeaderMessage, Pinned, Split } from "./protocol.ts";
import type { SolveAnswer, SolveRequest } from "./solver.ts";

/** Changes that come together are planned for together. */
const DEBOUNCE_MILLISECONDS = 400;
/** How long a new leader waits for the reports of all that it is connected to. */
const GATHERING_MILLISECONDS = 3000;
/** How long a device that failed to prepare is planned around. */
const EXCLUSION_MILLISECONDS = 30_000;
/** How often the plan in force is held against new measurements. */
const REVIEW_MILLISECONDS = 30_000;
/** A new plan must be so many times better than the one in force: moving costs, and measurements are noisy. */
const WORTHWHILE = 1.1;
/** Reviews in a row that must find the same gain before measurements alone move a plan: noise does not last. */
const PATIENCE = 2;

/** Where an acting leader stands. */
export interface ActingOptions {
  readonly term: number;
  readonly device: Device;
  /** What the leader before had published. */
  readonly published: MeshState;
  readonly self: Ref<LeaderMessage>;
  readonly send: (device: string, message: SupervisorMessage) => void;
  /** Devices in reach, this one included. */
  readonly live: () => readonly string[];
  /** Has a problem solved off the event loop; `solved` is called with the same number later. */
  readonly solve: (id: number, request: SolveRequest) => void;
}

type Preparation = Extract<LeaderMessage, { type: "preparing" | "prepared" | "unprepared" }>;

/** The acting leader of one term. */
export class Acting {
  readonly #options: ActingOptions;
  readonly #since: number;
  readonly #knowledge: Knowledge;
  #published: Standing;
  #pinned: Split | null = null;
  #attempt: Attempt | undefined;
  #epoch = 0;
  #planAt: number | undefined;
  #reviewAt: number;
  /** Reviews in a row that found a better plan. */
  #better = 0;
  /** The question the planner works on; what it says to an older one is not heard. */
  #solving: { readonly id: number; readonly offer: Offer; readonly review: boolean } | undefined;
  #asked = 0;

  constructor(options: ActingOptions) {
    this.#options = options;
    this.#knowledge = new Knowledge(options.live);
    this.#since = options.device.clock.now();
    this.#reviewAt = this.#since + REVIEW_MILLISECONDS;
    const published = standingOf(options.published);
    const live = new Set(options.live());
    const stands = published.type === "active" && published.plan.segments.every(({ device }) => live.has(device));
    this.#published = stands
      ? published
      : { type: "waiting", reason: "A new leader is gathering what the devices report." };
    this.#publish(this.#published);
    this.#planSoon(options.device.clock.now());
  }

  reported(report: DeviceReport, now: number): void {
    const news = this.#knowledge.report(report);
    if (news === "first") this.#tell(report.device, this.#state());
    // A plan made on guesses is looked at again as soon as they are replaced; one made on numbers waits for a review.
    const guessed = news === "learnt" && this.#model()?.policy.objective !== "even";
    if (news === "first" || guessed) this.#planSoon(now);
  }

  /** A device knows a model; it is a holder where it has all of its blocks. */
  offered(device: string, manifest: Manifest, policy: ServingPolicy, complete: boolean, now: number): void {
    if (this.#knowledge.offer(device, manifest, policy, complete)) this.#planSoon(now);
  }

  /** A device has left. */
  lost(device: string, now: number): void {
    const name = this.#knowledge.name(device);
    this.#knowledge.forget(device);
    if (this.#uses(device)) {
      this.#publish({ type: "waiting", reason: `${name} has left; the blocks it held are being placed anew.` });
    }
    if (this.#attempt?.uses(device)) this.#attempt = undefined;
    this.#planSoon(now);
  }

  /** Says again what is published, for those who missed it or have been restarted. */
  repeat(): void {
    this.#publish(this.#published);
  }

  /** A segment executor of the plan in force has ended by itself. */
  segmentLost(device: string, number: PlanNumber, reason: string, now: number): void {
    if (!this.#uses(device)) return;
    if (this.#published.type !== "active" || comparePlans(number, this.#published.plan.number) !== 0) return;
    this.#publish({ type: "waiting", reason: `A segment was lost (${reason}) and is being loaded again.` });
    this.#planSoon(now);
  }

  /** Fixes how many blocks each device holds, or with `null` leaves it to the planner again. */
  pin(split: Split | null, now: number): Pinned {
    const offer = this.#model();
    if (offer === undefined) {
      return { type: "refused", reason: "The mesh has no model yet: start a device with --model PATH." };
    }
    if (split !== null) {
      const shape = shapeOf(offer.manifest, offer.policy);
      const placement = placePinned(offer.manifest, this.#knowledge.able(offer, now), shape, split);
      if (placement.type === "infeasible") return { type: "refused", reason: placement.reason };
      const breach = breachOf(this.#problem(offer, now), placement.segments);
      if (breach !== undefined) return { type: "refused", reason: breach };
    }
    this.#pinned = split;
    this.#planAt = now;
    return { type: "accepted" };
  }

  /** The question of a person who wonders: what if, or why. Undefined where there is nothing to ask about yet. */
  study(
    changes: readonly string[],
    models: readonly { readonly path: string; readonly manifest: Manifest }[],
    now: number,
  ): SolveRequest | undefined {
    const offer = this.#model();
    if (offer === undefined) return undefined;
    const question = { ...this.#question(offer, now), explain: true, secondOpinion: true };
    if (changes.length === 0) return question;
    const others = models.map(({ path, manifest }) => ({ path, blocks: blocksOf(manifest) }));
    return { ...question, changes, models: others };
  }

  /** A device says how far it is with its segment. */
  heard(message: Preparation, now: number): void {
    const attempt = this.#attempt;
    if (attempt === undefined || comparePlans(message.number, attempt.number) !== 0) return;
    if (!attempt.uses(message.device)) return;
    attempt.heard(message.device, now);
    if (message.type === "unprepared") this.#abandon(message.device, message.reason, now);
    if (message.type !== "prepared") return;
    attempt.prepared(message.device, message.ref);
    const plan = attempt.plan((device) => this.#knowledge.name(device));
    if (plan === undefined) return;
    this.#attempt = undefined;
    this.#publish({ type: "active", plan });
    if (plan.planner === "solver") this.#reserve(attempt.decision);
  }

  tick(now: number): void {
    const silent = this.#attempt?.silent(now);
    if (silent !== undefined) {
      this.#abandon(silent, `it has not been heard of for ${PREPARE_SILENCE_MILLISECONDS / 1000} seconds`, now);
    }
    if (this.#knowledge.readmit(now)) this.#planSoon(now);
    if (this.#planAt !== undefined && now >= this.#planAt) {
      this.#planAt = undefined;
      this.#plan(now, false);
    } else if (now >= this.#reviewAt) {
      this.#reviewAt = now + REVIEW_MILLISECONDS;
      const settled = this.#published.type === "active" && this.#attempt === undefined && this.#solving === undefined;
      if (settled) this.#plan(now, true);
    }
  }

  /** The planner has an answer, or has failed. */
  solved(id: number, answer: SolveAnswer | { readonly error: string }, now: number): void {
    const solving = this.#solving;
    if (solving === undefined || solving.id !== id) return;
    this.#solving = undefined;
    const { offer, review } = solving;
    if ("error" in answer || answer.outcome.type === "unsolved") {
      const reason = "error" in answer ? answer.error : answer.outcome.type === "unsolved" ? answer.outcome.reason : "";
      this.#options.device.announce({ type: "warning", message: `${reason} The model is split evenly instead.` });
      if (!review) this.#split(offer, now);
      return;
    }
    const { outcome, current } = answer;
    if (outcome.type === "infeasible") return review ? undefined : this.#infeasible(outcome.reason);
    const { manifest, policy } = offer;
    const shape = shapeOf(manifest, policy);
    const plan = this.#published.type === "active" ? this.#published.plan : undefined;
    const forecast = forecastOf(outcome, answer.explanation?.verdict);
    if (plan !== undefined && isInForce(plan, manifest.id, shape, outcome.segments)) {
      this.#better = 0;
      this.#attempt = undefined;
      // The same plan, seen more clearly.
      if (review) this.#publish({ type: "active", plan: { ...plan, forecast } });
      return;
    }
    const usable = plan !== undefined && plan.model.id === manifest.id && plan.planner === "solver" &&
      current !== undefined;
    if (usable && current.objectiveMilliseconds <= outcome.prediction.objectiveMilliseconds * WORTHWHILE) {
      this.#better = 0;
      return;
    }
    if (review && ++this.#better < PATIENCE) return;
    this.#better = 0;
    this.#prepare({ manifest, policy, shape, planner: "solver", segments: outcome.segments, forecast }, now);
  }

  #planSoon(now: number): void {
    this.#planAt = now + DEBOUNCE_MILLISECONDS;
  }

  #uses(device: string): boolean {
    return this.#published.type === "active" &&
      this.#published.plan.segments.some((segment) => segment.device === device);
  }

  /** The model that is served: the one in force, or else the first that was offered. */
  #model(): Offer | undefined {
    return this.#knowledge.model(this.#published.type === "active" ? this.#published.plan.model.id : undefined);
  }

  #problem(offer: Offer, now: number): Problem {
    return problemOf(offer, this.#knowledge.able(offer, now), { inForce: this.#inForce() });
  }

  #inForce(): ActivePlan | undefined {
    return this.#published.type === "active" ? this.#published.plan : undefined;
  }

  #question(offer: Offer, now: number) {
    return questionOf(offer, this.#knowledge.able(offer, now), { inForce: this.#inForce() });
  }

  #plan(now: number, review: boolean): void {
    // A plan made before all have reported would only be made again a moment later.
    if (!this.#knowledge.complete() && now < this.#since + GATHERING_MILLISECONDS) return this.#planSoon(now);
    const offer = this.#model();
    if (offer === undefined) {
      // A new leader waits for the others' offers before it lets go of a plan that works.
      if (this.#published.type !== "active") {
        this.#publish({ type: "waiting", reason: "The mesh has no model yet: start a device with --model PATH." });
      }
      return;
    }
    const { manifest, policy } = offer;
    const able = this.#knowledge.able(offer, now);
    if (able.length === 0) return this.#infeasible("No device has reported what it can do yet.");
    if (this.#pinned !== null) {
      if (review) return;
      const shape = shapeOf(manifest, policy);
      const placement = placePinned(manifest, able, shape, this.#pinned);
      // A pinned device has left, or may no longer hold its blocks: an answer on another split is better than none, so the planner decides.
      const kept = placement.type === "placed" && breachOf(this.#problem(offer, now), placement.segments) === undefined;
      if (placement.type === "placed" && kept) {
        const forecast = undefined;
        return this.#adopt({ manifest, policy, shape, planner: "pinned", segments: placement.segments, forecast }, now);
      }
    }
    if (policy.objective === "even") return review ? undefined : this.#split(offer, now);
    this.#solving = { id: ++this.#asked, offer, review };
    this.#options.solve(this.#asked, { ...this.#question(offer, now), explain: true, secondOpinion: review });
  }

  /** Splits evenly: as the policy asks, or where the planner failed. */
  #split(offer: Offer, now: number): void {
    const { manifest, policy } = offer;
    const shape = shapeOf(manifest, policy);
    const allowed = this.#knowledge.able(offer, now).filter((report) => {
      return (policy.only.length === 0 || names(policy.only, report)) && !names(policy.exclude, report);
    });
    const placement = evenSplit(capacityOf(manifest, allowed, shape));
    if (placement.type === "infeasible") return this.#infeasible(placement.reason);
    const breach = breachOf(this.#problem(offer, now), placement.segments);
    if (breach !== undefined) return this.#infeasible(`The model cannot be split evenly: ${breach}`);
    this.#adopt({ manifest, policy, shape, planner: "even", segments: placement.segments, forecast: undefined }, now);
  }

  /** Prepares a placement, unless it is what the plan in force does already. */
  #adopt(decision: Decision, now: number): void {
    const { manifest, shape, segments } = decision;
    if (this.#published.type === "active" && isInForce(this.#published.plan, manifest.id, shape, segments)) {
      this.#attempt = undefined;
      return;
    }
    this.#prepare(decision, now);
  }

  #infeasible(reason: string): void {
    this.#attempt = undefined;
    this.#publish({ type: "waiting", reason: [reason, ...this.#knowledge.exclusions()].join(" ").slice(0, 2000) });
  }

  /** Has every device of a plan load its segment. */
  #prepare(decision: Decision, now: number): void {
    const number = { term: this.#options.term, epoch: ++this.#epoch };
    this.#attempt = new Attempt(number, decision, now);
    const { manifest, policy, shape } = decision;
    const sources = [...this.#options.live()];
    for (const { device, first, last, bytes } of decision.segments) {
      const replyTo = this.#options.self;
      this.#send(device, {
        type: "assign",
        number,
        manifest,
        policy,
        first,
        last,
        bytes,
        ...shape,
        sources,
        replyTo,
      });
    }
  }

  #abandon(device: string, reason: string, now: number): void {
    this.#attempt = undefined;
    this.#knowledge.exclude(device, now + EXCLUSION_MILLISECONDS, reason);
    this.#planSoon(now);
  }

  /** Has devices keep blocks of their neighbours on disk, so that they can take over without the one that had them. */
  #reserve({ manifest, segments }: Decision): void {
    const offer = this.#knowledge.model(manifest.id);
    if (offer === undefined) return;
    const problem = this.#problem(offer, this.#options.device.clock.now());
    const spareDiskBytes = (device: string) => this.#knowledge.spareDiskBytes(device);
    const sources = [...this.#options.live()];
    const leader = this.#options.device.id;
    for (const { device, owner, first, last } of reserveOnDisk(problem, segments, spareDiskBytes)) {
      this.#send(device, {
        type: "reserve",
        manifest,
        first,
        last,
        owner: this.#knowledge.name(owner),
        sources,
        leader,
      });
    }
  }

  #publish(standing: Standing): void {
    this.#published = standing;
    const state = this.#state();
    for (const device of this.#options.live()) this.#tell(device, state);
  }

  #state(): MeshState {
    const standing = this.#published;
    if (standing.type === "active") return { models: [standing], reason: "" };
    const offer = this.#model();
    if (offer === undefined) return noModels(standing.reason);
    const { id, name } = offer.manifest;
    return { models: [{ ...standing, model: { id, name } }], reason: standing.reason };
  }

  #tell(to: string, state: MeshState): void {
    this.#send(to, { type: "publish", term: this.#options.term, leader: this.#options.device.id, state });
  }

  #send(to: string, message: SupervisorMessage): void {
    this.#options.send(to, message);
  }
}
