/** The models that an acting leader serves: which begin, which only finish what they have begun, and which end. */
import {
  type ActivePlan,
  comparePlans,
  type MeshState,
  modelOf,
  type ModelState,
  noModels,
  type PlanNumber,
  type Standing,
} from "../plan.ts";
import type { ActingOptions } from "./acting-options.ts";
import type { Offer } from "./knowledge.ts";
import type { Lead, Named } from "./lead.ts";
import { outlive } from "./mirrors.ts";
import { Recency } from "./recency.ts";
import { Retiring } from "./retiring.ts";
import { type Choice, oneModel } from "./served.ts";
import { Serving } from "./serving.ts";
import { DEBOUNCE_MILLISECONDS, GATHERING_MILLISECONDS } from "./when.ts";

const GATHERING = "A new leader is gathering what the devices report.";
const UNDESCRIBED = "A model has been offered; what it is made of is being fetched.";
const NOTHING_OFFERED = "The mesh has no model yet: start a device with --model PATH.";

type LineupOptions = Pick<ActingOptions, "live" | "knowledge" | "pins" | "charter" | "choose">;

/** The models being served. Times are the leader's clock. */
export class Lineup {
  readonly #lead: Lead;
  readonly #options: LineupOptions;
  readonly #choose: Choice;
  /** By model, in the order in which they came to be served. */
  readonly #servings = new Map<string, Serving>();
  readonly #retiring = new Retiring();
  readonly #recency = new Recency();
  /** Why no model is served, while none is. */
  #idle = GATHERING;

  constructor(lead: Lead, options: LineupOptions) {
    this.#lead = lead;
    this.#options = options;
    this.#choose = options.choose ?? oneModel;
  }

  /** Every model being served. */
  get all(): Serving[] {
    return [...this.#servings.values()];
  }

  /** Why no model is served, while none is. */
  get idle(): string {
    return this.#idle;
  }

  /** A model by its id; the first that is served where none is named. */
  find(model: string | undefined): readonly [string, Serving] | undefined {
    return [...this.#servings].find(([id]) => model === undefined ? !this.#retiring.has(id) : id === model);
  }

  get(model: string): Serving | undefined {
    return this.#servings.get(model);
  }

  /** Bytes that other models than this one take on a device. */
  reserved(model: string, device: string): number {
    const others = [...this.#servings].filter(([id]) => id !== model);
    return others.reduce((sum, [, serving]) => sum + serving.bytesOn(device), 0);
  }

  /** What is published: the models that are to be served first, in the order of the charter. */
  state(): MeshState {
    if (this.#servings.size === 0) return noModels(this.#idle);
    const { knowledge, pins, charter } = this.#options;
    const order = charter?.current()?.models.map(({ id }) => id) ?? [];
    const place = (id: string) => order.includes(id) ? order.indexOf(id) : order.length;
    const models = [...this.#servings].toSorted(([a], [b]) => place(a) - place(b)).map(([id, serving]): ModelState => {
      const state = { ...serving.stand.state(), ...knowledge.recall(id, pins.get(id)) };
      return state.type === "active" && this.#retiring.has(id) ? { ...state, retiring: true } : state;
    });
    return { models, reason: "" };
  }

  /** Goes on with what the leader before had published, as far as its devices are in reach. */
  takeOver(state: ModelState, now: number): void {
    const live = new Set(this.#options.live());
    const active = state.type === "active" ? state : undefined;
    const outlived = active && outlive(active.plan, ({ device }) => live.has(device), this.#lead.number);
    const gathering = { type: "waiting", reason: GATHERING } as const;
    const { retiring: _retiring, ...published } = active ?? {};
    const standing: Standing = outlived ? { type: "active", ...published, plan: outlived.plan } : gathering;
    this.#begin(modelOf(state), standing, now, outlived === undefined ? active?.plan : undefined);
    const fate = outlived?.promoted ? "promoted" : outlived === undefined ? "lost" : "whole";
    // Whoever leads has listened before: where nobody is missing, there is nothing to gather.
    if (fate === "promoted" || this.#options.knowledge.complete()) this.get(modelOf(state).id)?.planAfter(fate, now);
  }

  /** Begins to serve what is to be served, and ends what is not. */
  review(now: number): void {
    // What is served is not let go of before all have offered what they have.
    if (this.#servings.size > 0 && this.#gathering(now)) return;
    const wanted = this.#wanted();
    const ended = [...this.#servings].filter(([model, serving]) => this.#isOver(model, serving, wanted, now));
    for (const [model, serving] of ended) {
      this.#servings.delete(model);
      this.#retiring.forget(model);
      serving.end();
    }
    // What they took is free now.
    if (ended.length > 0) this.#relieve(now);
    const begun = wanted.filter(({ id }) => !this.#servings.has(id));
    for (const named of begun) {
      this.#begin(named, { type: "waiting", reason: `${named.name} is being placed.` }, now);
    }
    const news = this.#servings.size === 0 && this.#reason(now) !== this.#idle;
    this.#idle = this.#reason(now);
    if (news || ended.length + begun.length > 0) this.#lead.changed();
    this.#makeRoom();
  }

  /** People have asked for a model beside the others: where there is not the room for all, it comes first. */
  asked(model: string): void {
    this.#recency.asked(model);
  }

  /** Tokens come under a plan. */
  used(number: PlanNumber, now: number): void {
    for (const [model, { plan }] of this.#servings) {
      if (plan !== undefined && comparePlans(plan.number, number) === 0) this.#recency.used(model, now);
    }
  }

  /** The device where a model's plan begins says that no answer of it is under way. */
  drained(model: string, device: string, now: number): void {
    if (this.get(model)?.plan?.segments[0]?.device !== device) return;
    this.#retiring.drained(model, now);
    this.review(now);
  }

  /** Whether answers of models that are not to be served any more are let go of, rather than waited for. */
  hurry(hurried: boolean, now: number): void {
    this.#retiring.hurry(hurried);
    this.review(now);
  }

  #relieve(now: number): void {
    for (const serving of this.#servings.values()) {
      serving.stand.relieved();
      serving.planSoon(now);
    }
  }

  /** Where a model that people have just asked for lacks memory, the one that was used least lately is let go of. */
  #makeRoom(): void {
    const { charter } = this.#options;
    const models = charter?.current()?.models ?? [];
    const placed = models.filter(({ id }) => this.#servings.get(id)?.plan !== undefined);
    for (const { id } of placed) this.#recency.settled(id);
    const newcomer = models.find(({ id }) => this.#recency.isNew(id) && this.#servings.get(id)?.stand.cramped === true);
    const least = this.#recency.leastUsed(placed);
    if (newcomer === undefined || least === undefined || this.#retiring.any) return;
    this.#lead.warn(
      `${least.name} is not served any more: it was used least lately, and ${newcomer.name} needs its memory.`,
    );
    charter?.amend(models.filter(({ id }) => id !== least.id));
  }

  #begin(model: Named, standing: Standing, now: number, broken?: ActivePlan): void {
    const pinned = this.#options.pins.get(model.id)?.split ?? null;
    this.#servings.set(model.id, new Serving(this.#lead, model, { standing, pinned, broken }, now));
  }

  /** The models that are to be served: as the charter has it, else what is chosen, which the charter has from then on. */
  #wanted(): readonly Named[] {
    const { charter } = this.#options;
    const agreed = charter?.current();
    if (agreed !== undefined) return agreed.models;
    const inForce = [...this.#servings].flatMap(([model, { plan }]) => plan === undefined ? [] : [model]);
    const chosen = new Set(this.#choose(this.#offers(), inForce));
    const offers = this.#offers().filter(({ manifest }) => chosen.has(manifest.id));
    if (offers.length > 0 && charter !== undefined) {
      charter.amend(offers.map(({ manifest: { id, name }, policy }) => {
        const split = this.#options.pins.get(id)?.split ?? null;
        return { id, name, policy, ...(split === null ? {} : { split }) };
      }));
    }
    const stay = inForce.filter((model) => chosen.has(model)).map((model) => ({
      id: model,
      name: this.#nameOf(model),
    }));
    const described = offers.map(({ manifest }) => manifest);
    return [...stay.filter(({ id }) => !described.some((other) => other.id === id)), ...described];
  }

  /** Whether a model is let go of now. */
  #isOver(model: string, serving: Serving, wanted: readonly Named[], now: number): boolean {
    if (wanted.some(({ id }) => id === model)) {
      this.#retiring.forget(model);
      return false;
    }
    // What was served and cannot be described is waited for, unless there is something else to serve.
    if (wanted.length === 0 && this.#options.knowledge.offered(model) === undefined) return false;
    if (serving.plan === undefined || this.#options.charter?.current() === undefined) return true;
    const coming = wanted.flatMap(({ id }) => this.#servings.get(id) ?? []).filter(({ plan }) => plan === undefined);
    const begun = wanted.every(({ id }) => this.#servings.has(id));
    // What takes its place comes into force first, unless it needs the room.
    if (!begun || (coming.length > 0 && !coming.some(({ stand }) => stand.cramped))) return false;
    if (this.#retiring.begin(model, now)) this.#lead.changed();
    return this.#retiring.isOver(model, now);
  }

  /** What can be served; what is being placed already comes first, lest offers in another order stop it. */
  #offers(): Offer[] {
    const offers = this.#options.knowledge.offers();
    const known = ({ manifest }: Offer) => this.#servings.has(manifest.id);
    return [...offers.filter(known), ...offers.filter((offer) => !known(offer))];
  }

  #nameOf(model: string): string {
    return this.#servings.get(model)?.plan?.model.name ?? model;
  }

  #reason(now: number): string {
    if (this.#gathering(now)) return GATHERING;
    return this.#options.knowledge.undescribed().length > 0 ? UNDESCRIBED : NOTHING_OFFERED;
  }

  #gathering(now: number): boolean {
    const since = now - this.#lead.since;
    return since < DEBOUNCE_MILLISECONDS || (!this.#options.knowledge.complete() && since < GATHERING_MILLISECONDS);
  }
}
