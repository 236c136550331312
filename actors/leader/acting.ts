/** The acting leader: what it hears goes to its knowledge and to the models it serves; where they stand is published. */
import type { Manifest } from "../../models/manifest.ts";
import type { Pace, Proposal } from "../balancer/protocol.ts";
import {
  type ActivePlan,
  type MeshState,
  modelOf,
  type ModelState,
  noModels,
  type PlanNumber,
  type Standing,
} from "../plan.ts";
import type { BlockRuns } from "../block-runs.ts";
import type { ActingOptions } from "./acting-options.ts";
import type { Knowledge, Offer } from "./knowledge.ts";
import type { Lead, Named } from "./lead.ts";
import { outlive, type SegmentLoss } from "./mirrors.ts";
import type { Preparation } from "./orders.ts";
import type { ServingPolicy, Split } from "./policy.ts";
import type { DeviceReport, Pinned } from "./protocol.ts";
import { type Choice, oneModel } from "./served.ts";
import { Serving } from "./serving.ts";
import type { SolveAnswer, SolveRequest } from "./solver.ts";
import { DEBOUNCE_MILLISECONDS, GATHERING_MILLISECONDS } from "./when.ts";

const GATHERING = "A new leader is gathering what the devices report.";
const UNDESCRIBED = "A model has been offered; what it is made of is being fetched.";
const NOTHING_OFFERED = "The mesh has no model yet: start a device with --model PATH.";

export type { ActingOptions } from "./acting-options.ts";

/** Attempts remembered for a device that is out of reach: more than it is likely to hold segments of. */
const MAX_OWED = 32;

/** The acting leader of one term. Times are its clock. */
export class Acting {
  readonly #options: ActingOptions;
  readonly #knowledge: Knowledge;
  readonly #lead: Lead;
  readonly #choose: Choice;
  /** By model, in the order in which they came to be served. */
  readonly #servings = new Map<string, Serving>();
  /** Attempts that devices out of reach are to forget when they are back. */
  readonly #owed = new Map<string, PlanNumber[]>();
  /** Why no model is served, while none is. */
  #idle = GATHERING;
  #epoch = 0;
  #asked = 0;
  #tickedAt: number;

  constructor(options: ActingOptions, now: number) {
    this.#options = options;
    this.#choose = options.choose ?? oneModel;
    this.#knowledge = options.knowledge;
    this.#tickedAt = now;
    this.#lead = this.#makeLead(now);
    for (const state of options.published.models) this.#takeOver(state, now);
    this.publish();
  }

  /** When to look at what is due. */
  get dueAt(): number {
    return Math.min(...[...this.#servings.values()].map(({ dueAt }) => dueAt));
  }

  reported(report: DeviceReport, now: number): void {
    const news = this.#knowledge.report(report);
    if (news === "numbers") return;
    if (news === "first") this.#welcome(report.device);
    for (const serving of this.#servings.values()) serving.noticed(news, now);
  }

  /** A device knows a model; it is a holder where it has all of its blocks. */
  offered(device: string, model: string, policy: ServingPolicy, complete: boolean, now: number): void {
    const known = this.#knowledge.offered(model) !== undefined;
    const freed = this.#knowledge.offer(device, model, policy, complete);
    if (!known) this.#serve(now);
    if (freed) this.#servings.get(model)?.planSoon(now);
  }

  /** A device says which blocks of a model it has on its disk. */
  holds(device: string, model: string, blocks: BlockRuns, now: number): void {
    const news = this.#knowledge.holds(device, model, blocks);
    if (news !== "nothing") this.#servings.get(model)?.found(news === "freed", now);
  }

  /** A split that people asked for before has come to be known. */
  repin(model: string, split: Split | null, now: number): void {
    this.#servings.get(model)?.repin(split, now);
  }

  /** What a model is made of has become known. */
  described(manifest: Manifest, now: number): void {
    this.#knowledge.describe(manifest);
    this.#serve(now);
    this.#servings.get(manifest.id)?.planSoon(now);
  }

  /** A device has left. */
  lost(device: string, now: number): void {
    const name = this.#knowledge.name(device);
    this.#knowledge.forget(device);
    for (const serving of this.#servings.values()) serving.lost(device, name, now);
    this.#serve(now);
  }

  /** Has every model planned anew. */
  planAll(now: number): void {
    for (const serving of this.#servings.values()) serving.planSoon(now);
  }

  /** Says what is published, also to those who missed it or have been restarted. */
  publish(): void {
    for (const device of this.#options.live()) this.#tell(device);
  }

  /** A segment executor of a plan in force has ended by itself. */
  segmentLost(loss: SegmentLoss, now: number): void {
    for (const serving of this.#servings.values()) serving.segmentLost(loss, now);
    this.#serve(now);
  }

  /** Fixes how many blocks of a model each device holds, or with `null` leaves it to the planner again. */
  pin(model: string | undefined, split: Split | null, now: number): Pinned {
    const [id, serving] = this.#find(model) ?? [];
    if (id === undefined || serving === undefined) return { type: "refused", reason: this.#idle };
    const pinned = serving.pin(split, now);
    if (pinned.type === "refused") return pinned;
    this.#options.pins.ask(id, split, this.#lead.number());
    // At once: it has to outlive this leader.
    this.publish();
    return pinned;
  }

  /** The question of a person who wonders: what if, or why. Undefined where there is nothing to ask about yet. */
  study(
    model: string | undefined,
    changes: readonly string[],
    models: readonly { readonly path: string; readonly manifest: Manifest }[],
    now: number,
  ): SolveRequest | undefined {
    return this.#find(model)?.[1].study(changes, models, now);
  }

  /** A device's balancer says that the plan does not hold there. */
  proposed(proposal: Proposal, now: number): void {
    for (const serving of this.#servings.values()) serving.proposed(proposal, now);
  }

  /** How tokens came in the last seconds. */
  paced(pace: Pace, now: number): void {
    for (const serving of this.#servings.values()) serving.paced(pace, now);
  }

  /** A device says how far it is with its segment. */
  heard(message: Preparation, now: number): void {
    for (const serving of this.#servings.values()) serving.heard(message, now);
  }

  /** The planner has an answer, or has failed. */
  solved(id: number, answer: SolveAnswer | { readonly error: string }, now: number): void {
    for (const serving of this.#servings.values()) serving.solved(id, answer, now);
  }

  /** Looks at what is due. */
  tick(now: number): void {
    const readmitted = this.#knowledge.readmit(this.#tickedAt, now);
    this.#tickedAt = now;
    this.#serve(now);
    for (const serving of this.#servings.values()) {
      if (readmitted) serving.planSoon(now);
      const others = [...this.#servings.values()].filter((other) => other !== serving);
      serving.tick(!others.some(({ asking }) => asking), now);
    }
  }

  /** Goes on with what the leader before had published, as far as its devices are in reach. */
  #takeOver(state: ModelState, now: number): void {
    const live = new Set(this.#options.live());
    const active = state.type === "active" ? state : undefined;
    const outlived = active && outlive(active.plan, ({ device }) => live.has(device), this.#lead.number);
    const gathering = { type: "waiting", reason: GATHERING } as const;
    const standing: Standing = active && outlived ? { ...active, plan: outlived.plan } : gathering;
    this.#begin(modelOf(state), standing, now, outlived === undefined ? active?.plan : undefined);
    const fate = outlived?.promoted ? "promoted" : outlived === undefined ? "lost" : "whole";
    // Whoever leads has listened before: where nobody is missing, there is nothing to gather.
    if (fate === "promoted" || this.#knowledge.complete()) this.#servings.get(modelOf(state).id)?.planAfter(fate, now);
  }

  #begin(model: Named, standing: Standing, now: number, broken?: ActivePlan): void {
    const pinned = this.#options.pins.get(model.id)?.split ?? null;
    this.#servings.set(model.id, new Serving(this.#lead, model, { standing, pinned, broken }, now));
  }

  /** Begins to serve what is to be served, and ends what is not. */
  #serve(now: number): void {
    // What is served is not let go of before all have offered what they have.
    if (this.#servings.size > 0 && this.#gathering(now)) return;
    const inForce = [...this.#servings].flatMap(([model, { plan }]) => plan === undefined ? [] : [model]);
    const chosen = new Set(this.#choose(this.#offers(), inForce));
    // What was served and cannot be described is waited for, unless there is something else to serve.
    const ended = [...this.#servings].filter(([model]) => {
      return !chosen.has(model) && (chosen.size > 0 || this.#knowledge.offered(model) !== undefined);
    });
    for (const [model, serving] of ended) {
      this.#servings.delete(model);
      serving.end();
    }
    const begun = this.#offers().filter(({ manifest: { id } }) => chosen.has(id) && !this.#servings.has(id));
    for (const { manifest } of begun) {
      this.#begin(manifest, { type: "waiting", reason: `${manifest.name} is being placed.` }, now);
    }
    const idle = this.#gathering(now)
      ? GATHERING
      : this.#knowledge.undescribed().length > 0
      ? UNDESCRIBED
      : NOTHING_OFFERED;
    const news = this.#servings.size === 0 && idle !== this.#idle;
    this.#idle = idle;
    if (news || ended.length + begun.length > 0) this.publish();
  }

  /** What can be served; what is being placed already comes first, lest offers in another order stop it. */
  #offers(): Offer[] {
    const offers = this.#knowledge.offers();
    const known = ({ manifest }: Offer) => this.#servings.has(manifest.id);
    return [...offers.filter(known), ...offers.filter((offer) => !known(offer))];
  }

  #gathering(now: number): boolean {
    const since = now - this.#lead.since;
    return since < DEBOUNCE_MILLISECONDS || (!this.#knowledge.complete() && since < GATHERING_MILLISECONDS);
  }

  #find(model: string | undefined): readonly [string, Serving] | undefined {
    return [...this.#servings].find(([id]) => model === undefined || id === model);
  }

  #makeLead(now: number): Lead {
    const { device, self, live, send, solve, warn, term, balances = true } = this.#options;
    const { explain = () => {}, advise = () => {} } = this.#options;
    return {
      device,
      since: now,
      self,
      knowledge: this.#knowledge,
      live,
      send,
      withdraw: (to, number) => this.#withdraw(to, number),
      number: () => ({ term, epoch: ++this.#epoch }),
      solve: (request) => {
        solve(++this.#asked, request);
        return this.#asked;
      },
      reserved: (model, on) => this.#reserved(model, on),
      changed: () => this.publish(),
      warn,
      balances,
      explain,
      advise,
    };
  }

  #reserved(model: string, device: string): number {
    const others = [...this.#servings].filter(([id]) => id !== model);
    return others.reduce((sum, [, serving]) => sum + serving.bytesOn(device), 0);
  }

  #withdraw(device: string, number: PlanNumber): void {
    const { live, send, device: leader } = this.#options;
    if (live().includes(device)) return send(device, { type: "withdraw", number, leader });
    this.#owed.set(device, [...this.#owed.get(device) ?? [], number].slice(-MAX_OWED));
  }

  /** A device that came, or came back, learns where things stand. */
  #welcome(device: string): void {
    this.#tell(device);
    for (const number of this.#owed.get(device) ?? []) this.#withdraw(device, number);
    this.#owed.delete(device);
  }

  #state(): MeshState {
    if (this.#servings.size === 0) return noModels(this.#idle);
    const models = [...this.#servings].map(([id, serving]) => {
      return { ...serving.state(), ...this.#knowledge.recall(id, this.#options.pins.get(id)) };
    });
    return { models, reason: "" };
  }

  #tell(to: string): void {
    const { term, device: leader, send } = this.#options;
    send(to, { type: "publish", term, leader, state: this.#state() });
  }
}
