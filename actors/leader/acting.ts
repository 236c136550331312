/** What the acting leader knows and does: reports in, placement, preparation of every segment, publication. */
import type { Manifest } from "../../models/manifest.ts";
import type { Placement, RequestShape, Segment } from "../../plans/mod.ts";
import type { Ref } from "../../runtime/actor/mod.ts";
import type { Device } from "../device.ts";
import type { ExecutorMessage } from "../executor/protocol.ts";
import { type ActivePlan, comparePlans, type MeshState, type PlanNumber } from "../plan.ts";
import type { SupervisorMessage } from "../supervisor/protocol.ts";
import { inOrder, isInForce, place } from "./planning.ts";
import type { DeviceReport, LeaderMessage, Pinned, Split } from "./protocol.ts";

/** Changes that come together are planned for together. */
const DEBOUNCE_MILLISECONDS = 400;
/** How long a new leader waits for the reports of all that it is connected to. */
const GATHERING_MILLISECONDS = 3000;
/** A device that prepares a segment says so every few seconds; one that is silent for this long is not waited for. */
const PREPARE_SILENCE_MILLISECONDS = 30_000;
/** How long a device that failed to prepare is planned around. */
const EXCLUSION_MILLISECONDS = 30_000;

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
}

/** A plan whose segments are being loaded. */
interface Attempt {
  readonly number: PlanNumber;
  readonly manifest: Manifest;
  readonly shape: RequestShape;
  readonly planner: ActivePlan["planner"];
  readonly segments: readonly Segment[];
  readonly prepared: Map<string, Ref<ExecutorMessage>>;
  /** When each device was last heard of, on the leader's clock. */
  readonly heardAt: Map<string, number>;
}

type Preparation = Extract<LeaderMessage, { type: "preparing" | "prepared" | "unprepared" }>;

/** The acting leader of one term. */
export class Acting {
  readonly #options: ActingOptions;
  readonly #reports = new Map<string, DeviceReport>();
  readonly #offers = new Map<string, { readonly manifest: Manifest; readonly holders: Set<string> }>();
  /** Devices planned around, until when, and why. */
  readonly #excluded = new Map<string, { readonly until: number; readonly reason: string }>();
  readonly #since: number;
  #published: MeshState;
  #pinned: Split | null = null;
  #attempt: Attempt | undefined;
  #epoch = 0;
  #planAt: number | undefined;

  constructor(options: ActingOptions) {
    this.#options = options;
    this.#since = options.device.clock.now();
    const { published } = options;
    const live = new Set(options.live());
    const stands = published.type === "active" && published.plan.segments.every(({ device }) => live.has(device));
    this.#published = stands
      ? published
      : { type: "waiting", reason: "A new leader is gathering what the devices report." };
    this.#publish(this.#published);
    this.#planSoon(options.device.clock.now());
  }

  reported(report: DeviceReport, now: number): void {
    const known = this.#reports.has(report.device);
    this.#reports.set(report.device, report);
    if (known) return;
    this.#send(report.device, this.#published);
    this.#planSoon(now);
  }

  /** A device knows a model; it is a holder where it has all of its blocks. */
  offered(device: string, manifest: Manifest, complete: boolean, now: number): void {
    const known = this.#offers.get(manifest.id);
    const offer = known ?? { manifest, holders: new Set() };
    if (complete) offer.holders.add(device);
    this.#offers.set(manifest.id, offer);
    if (known === undefined) this.#planSoon(now);
  }

  /** A device has left. */
  lost(device: string, now: number): void {
    const known = this.#reports.get(device);
    this.#reports.delete(device);
    for (const offer of this.#offers.values()) offer.holders.delete(device);
    const name = known?.name ?? device;
    if (
      this.#published.type === "active" && this.#published.plan.segments.some((segment) => segment.device === device)
    ) {
      this.#publish({ type: "waiting", reason: `${name} has left; the blocks it held are being placed anew.` });
    }
    if (this.#attempt?.segments.some((segment) => segment.device === device)) this.#attempt = undefined;
    this.#planSoon(now);
  }

  /** A segment executor of the plan in force has ended by itself. */
  segmentLost(number: PlanNumber, reason: string, now: number): void {
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
    const placement = this.#place(offer.manifest, offer.holders, split, now);
    if (placement.type === "infeasible") return { type: "refused", reason: placement.reason };
    this.#pinned = split;
    this.#planAt = now;
    return { type: "accepted" };
  }

  /** A device says how far it is with its segment. */
  heard(message: Preparation, now: number): void {
    const attempt = this.#attempt;
    if (attempt === undefined || comparePlans(message.number, attempt.number) !== 0) return;
    attempt.heardAt.set(message.device, now);
    if (message.type === "unprepared") this.#abandon(message.device, message.reason, now);
    if (message.type !== "prepared") return;
    attempt.prepared.set(message.device, message.ref);
    if (attempt.segments.every(({ device }) => attempt.prepared.has(device))) this.#activate(attempt);
  }

  tick(now: number): void {
    for (const { device } of this.#attempt?.segments ?? []) {
      const silent = now - (this.#attempt?.heardAt.get(device) ?? now);
      const prepared = this.#attempt?.prepared.has(device) ?? true;
      if (!prepared && silent > PREPARE_SILENCE_MILLISECONDS) {
        this.#abandon(device, `it has not been heard of for ${PREPARE_SILENCE_MILLISECONDS / 1000} seconds`, now);
      }
    }
    for (const [device, { until }] of this.#excluded) {
      if (now < until) continue;
      this.#excluded.delete(device);
      this.#planSoon(now);
    }
    if (this.#planAt === undefined || now < this.#planAt) return;
    this.#planAt = undefined;
    this.#plan(now);
  }

  #planSoon(now: number): void {
    this.#planAt = now + DEBOUNCE_MILLISECONDS;
  }

  /** The model that is served: the one in force, or else the first that was offered. */
  #model(): { readonly manifest: Manifest; readonly holders: ReadonlySet<string> } | undefined {
    const current = this.#published.type === "active" ? this.#offers.get(this.#published.plan.model.id) : undefined;
    return current ?? this.#offers.values().next().value;
  }

  #shape(manifest: Manifest): RequestShape {
    const { context, concurrency } = this.#options.device.serving;
    return { context: Math.min(context, manifest.architecture.context), concurrency };
  }

  #place(manifest: Manifest, holders: ReadonlySet<string>, pinned: Split | null, now: number): Placement {
    const live = new Set(this.#options.live());
    const able = [...this.#reports.values()].filter(({ device }) => {
      return live.has(device) && now >= (this.#excluded.get(device)?.until ?? 0);
    });
    return place(manifest, inOrder(able, holders), this.#shape(manifest), pinned);
  }

  #plan(now: number): void {
    const unheard = this.#options.live().some((device) => !this.#reports.has(device));
    // A plan made before all have reported would only be made again a moment later.
    if (unheard && now < this.#since + GATHERING_MILLISECONDS) return this.#planSoon(now);
    const offer = this.#model();
    if (offer === undefined) {
      // A new leader waits for the others' offers before it lets go of a plan that works.
      if (this.#published.type !== "active") {
        this.#publish({ type: "waiting", reason: "The mesh has no model yet: start a device with --model PATH." });
      }
      return;
    }
    const { manifest, holders } = offer;
    let planner: ActivePlan["planner"] = this.#pinned === null ? "even" : "pinned";
    let placement = this.#place(manifest, holders, this.#pinned, now);
    if (placement.type === "infeasible" && this.#pinned !== null) {
      // A pinned device has left: an answer on another split is better than none.
      planner = "even";
      placement = this.#place(manifest, holders, null, now);
    }
    if (placement.type === "infeasible") {
      const failures = [...this.#excluded].map(([device, { reason }]) =>
        `${this.#name(device)} could not take part: ${reason}`
      );
      this.#attempt = undefined;
      return this.#publish({ type: "waiting", reason: [placement.reason, ...failures].join(" ").slice(0, 2000) });
    }
    const shape = this.#shape(manifest);
    if (this.#published.type === "active" && isInForce(this.#published.plan, manifest.id, shape, placement)) {
      this.#attempt = undefined;
      return;
    }
    this.#prepare({ manifest, shape, planner, segments: placement.segments }, now);
  }

  /** Has every device of a plan load its segment. */
  #prepare(plan: Pick<Attempt, "manifest" | "shape" | "planner" | "segments">, now: number): void {
    const number = { term: this.#options.term, epoch: ++this.#epoch };
    const heardAt = new Map(plan.segments.map(({ device }) => [device, now]));
    this.#attempt = { ...plan, number, prepared: new Map(), heardAt };
    const sources = [...this.#options.live()];
    for (const { device, first, last, bytes } of plan.segments) {
      this.#options.send(device, {
        type: "assign",
        number,
        manifest: plan.manifest,
        first,
        last,
        bytes,
        ...plan.shape,
        sources,
        replyTo: this.#options.self,
      });
    }
  }

  #abandon(device: string, reason: string, now: number): void {
    this.#attempt = undefined;
    this.#excluded.set(device, { until: now + EXCLUSION_MILLISECONDS, reason });
    this.#planSoon(now);
  }

  #activate(attempt: Attempt): void {
    this.#attempt = undefined;
    const { manifest, shape, number, planner } = attempt;
    const segments = attempt.segments.flatMap((segment) => {
      const ref = attempt.prepared.get(segment.device);
      return ref === undefined ? [] : [{ ...segment, name: this.#name(segment.device), ref }];
    });
    const model = { id: manifest.id, name: manifest.name, blocks: manifest.blocks.length };
    this.#publish({ type: "active", plan: { number, model, planner, ...shape, segments } });
  }

  #name(device: string): string {
    return this.#reports.get(device)?.name ?? device;
  }

  #publish(state: MeshState): void {
    this.#published = state;
    for (const device of this.#options.live()) this.#send(device, state);
  }

  #send(to: string, state: MeshState): void {
    this.#options.send(to, { type: "publish", term: this.#options.term, leader: this.#options.device.id, state });
  }
}
