/** The acting leader: what it hears goes to its knowledge and to the models it serves; where they stand is published. */
import type { Manifest } from "../../models/manifest.ts";
import type { Pace, Proposal } from "../balancer/protocol.ts";
import type { PlanNumber } from "../plan.ts";
import type { Charter, CharteredModel } from "../charter.ts";
import type { BlockRuns } from "../block-runs.ts";
import type { ActingOptions } from "./acting-options.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Lead } from "./lead.ts";
import { shortageOf } from "./decide.ts";
import { absenceOf } from "./absence.ts";
import { Lineup } from "./lineup.ts";
import type { SegmentLoss } from "./mirrors.ts";
import type { Preparation } from "./orders.ts";
import type { ServingPolicy, Split } from "./policy.ts";
import type { DeviceReport, LeaderMessage, Pinned } from "./protocol.ts";
import type { SolveAnswer, SolveRequest } from "./solver.ts";
import { decideUse, type Use, type Used } from "./using.ts";

export type { ActingOptions } from "./acting-options.ts";

/** Attempts remembered of a device: more than it is likely to hold segments of. */
const MAX_OWED = 32;

type Told = Extract<
  LeaderMessage,
  { readonly type: Preparation["type"] | "solved" | "pace" | "segment-lost" | "drained" }
>;

/** The acting leader of one term. Times are its clock. */
export class Acting {
  readonly #options: ActingOptions;
  readonly #knowledge: Knowledge;
  readonly #lead: Lead;
  readonly #lineup: Lineup;
  /** Attempts that devices are to forget, told again when they are back: what was told to one that was about to be lost is lost too. */
  readonly #owed = new Map<string, PlanNumber[]>();
  #epoch = 0;
  #asked = 0;
  #tickedAt: number;

  constructor(options: ActingOptions, now: number) {
    this.#options = options;
    this.#knowledge = options.knowledge;
    this.#tickedAt = now;
    this.#lead = this.#makeLead(now);
    this.#lineup = new Lineup(this.#lead, options);
    for (const state of options.published.models) this.#lineup.takeOver(state, now);
    this.publish();
  }

  /** When to look at what is due. */
  get dueAt(): number {
    return Math.min(...this.#lineup.all.map(({ dueAt }) => dueAt));
  }

  reported(report: DeviceReport, now: number): void {
    const news = this.#knowledge.report(report);
    if (news === "numbers") return;
    if (news === "first") this.#welcome(report.device);
    for (const serving of this.#lineup.all) serving.noticed(news, now);
  }

  /** A device knows a model; it is a holder where it has all of its blocks. */
  offered(device: string, model: string, policy: ServingPolicy, complete: boolean, now: number): void {
    const known = this.#knowledge.offered(model) !== undefined;
    const freed = this.#knowledge.offer(device, model, policy, complete);
    if (!known) this.#lineup.review(now);
    if (freed) this.#lineup.get(model)?.planSoon(now);
  }

  /** A device says which blocks of a model it has on its disk. */
  holds(device: string, model: string, blocks: BlockRuns, now: number): void {
    const news = this.#knowledge.holds(device, model, blocks);
    if (news !== "nothing") this.#lineup.get(model)?.found(news === "freed", now);
  }

  /** A split that people asked for before has come to be known. */
  repin(model: string, split: Split | null, now: number): void {
    this.#lineup.get(model)?.repin(split, now);
  }

  /** What a model is made of has become known. */
  described(manifest: Manifest, now: number): void {
    this.#knowledge.describe(manifest);
    this.#lineup.review(now);
    this.#lineup.get(manifest.id)?.planSoon(now);
  }

  /** What the mesh is to serve has changed. */
  chartered(now: number): void {
    this.#lineup.review(now);
    this.planAll(now);
  }

  /** Takes what nobody but whoever leads has an ear for. */
  told(message: Told, now: number): void {
    switch (message.type) {
      case "solved":
        return this.solved(message.id, message.answer, now);
      case "pace":
        return this.paced(message.pace, now);
      case "preparing":
      case "prepared":
      case "unprepared":
        return this.heard(message, now);
      case "segment-lost":
        return this.segmentLost(message, now);
      case "drained":
        return this.#lineup.drained(message.model, message.device, now);
      default:
        return message satisfies never;
    }
  }

  /** A device has left. */
  lost(device: string, now: number): void {
    const name = this.#knowledge.name(device);
    this.#knowledge.forget(device);
    for (const serving of this.#lineup.all) serving.lost(device, name, now);
    this.#lineup.review(now);
  }

  /** Has every model planned anew. */
  planAll(now: number): void {
    for (const serving of this.#lineup.all) serving.planSoon(now);
  }

  /** Says what is published, also to those who missed it or have been restarted. */
  publish(): void {
    for (const device of this.#options.live()) this.#tell(device);
  }

  /** A segment executor of a plan in force has ended by itself. */
  segmentLost(loss: SegmentLoss, now: number): void {
    for (const serving of this.#lineup.all) serving.segmentLost(loss, now);
    this.#lineup.review(now);
  }

  /** Fixes how many blocks of a model each device holds, or with `null` leaves it to the planner again. */
  pin(model: string | undefined, split: Split | null, now: number): Pinned {
    const [id, serving] = this.#lineup.find(model) ?? [];
    if (id === undefined || serving === undefined) return { type: "refused", reason: this.#lineup.idle };
    const pinned = serving.pin(split, now);
    if (pinned.type === "refused") return pinned;
    this.#options.pins.ask(id, split, this.#lead.number());
    this.#options.charter?.amend(withSplit(this.#options.charter.current(), id, split));
    // At once: it has to outlive this leader.
    this.publish();
    return pinned;
  }

  /** A device asks for a model to be served. */
  use(use: Use, now: number): Used {
    const { charter, live } = this.#options;
    const serves = charter?.current()?.models ?? [];
    const offer = this.#knowledge.offered(use.model);
    const { answer, models } = decideUse(use, {
      serves,
      alone: live().every((device) => device === use.device),
      works: serves.some(({ id }) => this.#works(id)),
      offer,
      shortage: (policy) => offer && shortageOf({ ...offer, policy }, this.#knowledge.able(offer, now)),
    });
    if (use.how === "add" && answer.type === "accepted") this.#lineup.asked(use.model);
    if (models !== undefined) charter?.amend(models);
    if (models !== undefined) this.#lineup.hurry(use.hurry, now);
    return answer;
  }

  /** Whether a model has a plan, or every block that it needs for one is in reach. */
  #works(model: string): boolean {
    if (this.#lineup.get(model)?.plan !== undefined) return true;
    const offer = this.#knowledge.offered(model);
    return offer !== undefined && absenceOf(offer, this.#lead) === undefined;
  }

  /** The question of a person who wonders: what if, or why. Undefined where there is nothing to ask about yet. */
  study(
    model: string | undefined,
    changes: readonly string[],
    models: readonly { readonly path: string; readonly manifest: Manifest }[],
    now: number,
  ): SolveRequest | undefined {
    return this.#lineup.find(model)?.[1].study(changes, models, now);
  }

  /** A device's balancer says that the plan does not hold there. */
  proposed(proposal: Proposal, now: number): void {
    for (const serving of this.#lineup.all) serving.proposed(proposal, now);
  }

  /** How tokens came in the last seconds. */
  paced(pace: Pace, now: number): void {
    this.#lineup.used(pace.number, now);
    for (const serving of this.#lineup.all) serving.paced(pace, now);
  }

  /** A device says how far it is with its segment. */
  heard(message: Preparation, now: number): void {
    for (const serving of this.#lineup.all) serving.heard(message, now);
  }

  /** The planner has an answer, or has failed. */
  solved(id: number, answer: SolveAnswer | { readonly error: string }, now: number): void {
    for (const serving of this.#lineup.all) serving.solved(id, answer, now);
  }

  /** Looks at what is due. */
  tick(now: number): void {
    const readmitted = this.#knowledge.readmit(this.#tickedAt, now);
    this.#tickedAt = now;
    this.#lineup.review(now);
    for (const serving of this.#lineup.all) {
      if (readmitted) serving.planSoon(now);
      const others = this.#lineup.all.filter((other) => other !== serving);
      serving.tick(!others.some(({ asking }) => asking), now);
    }
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
      reserved: (model, on) => this.#lineup.reserved(model, on),
      changed: () => this.publish(),
      warn,
      balances,
      explain,
      advise,
    };
  }

  #withdraw(device: string, number: PlanNumber): void {
    const { live, send, device: leader } = this.#options;
    if (live().includes(device)) send(device, { type: "withdraw", number, leader });
    this.#owed.set(device, [...this.#owed.get(device) ?? [], number].slice(-MAX_OWED));
  }

  /** A device that came, or came back, learns where things stand. */
  #welcome(device: string): void {
    this.#tell(device);
    const owed = this.#owed.get(device) ?? [];
    this.#owed.delete(device);
    for (const number of owed) this.#withdraw(device, number);
  }

  #tell(to: string): void {
    const { term, device: leader, send } = this.#options;
    send(to, { type: "publish", term, leader, state: this.#lineup.state() });
  }
}

/** The models of a charter, one of them with another split, or with none. */
function withSplit(charter: Charter | undefined, model: string, split: Split | null): CharteredModel[] {
  return (charter?.models ?? []).map((one) => {
    if (one.id !== model) return one;
    const { split: _before, ...rest } = one;
    return split === null ? rest : { ...rest, split };
  });
}
