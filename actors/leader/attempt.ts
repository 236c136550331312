/** A plan on its way into force: who has loaded its segment, and who has fallen silent. */
import type { Manifest } from "../../models/manifest.ts";
import type { RequestShape, Segment } from "../../plans/mod.ts";
import type { Ref } from "../../runtime/actor/mod.ts";
import type { ExecutorMessage } from "../executor/protocol.ts";
import type { ActivePlan, PlanForecast, PlanNumber } from "../plan.ts";
import type { ServingPolicy } from "./policy.ts";

/** A device that prepares a segment says so every few seconds; one that is silent for this long is not waited for. */
export const PREPARE_SILENCE_MILLISECONDS = 30_000;

/** What has been decided. */
export interface Decision {
  readonly manifest: Manifest;
  readonly policy: ServingPolicy;
  readonly shape: RequestShape;
  readonly planner: ActivePlan["planner"];
  readonly segments: readonly Segment[];
  /** Only where the planner decided. */
  readonly forecast: PlanForecast | undefined;
  /** Splits to be in force before it, one after another: it does not fit beside the plan that is. Default: none. */
  readonly way?: readonly (readonly Segment[])[] | undefined;
}

/** A decision being carried out. */
export class Attempt {
  readonly number: PlanNumber;
  readonly decision: Decision;
  readonly #prepared = new Map<string, Ref<ExecutorMessage>>();
  /** When each device was last heard of, on the leader's clock. */
  readonly #heardAt: Map<string, number>;

  constructor(number: PlanNumber, decision: Decision, now: number) {
    this.number = number;
    this.decision = decision;
    this.#heardAt = new Map(decision.segments.map(({ device }) => [device, now]));
  }

  uses(device: string): boolean {
    return this.decision.segments.some((segment) => segment.device === device);
  }

  heard(device: string, now: number): void {
    this.#heardAt.set(device, now);
  }

  prepared(device: string, ref: Ref<ExecutorMessage>): void {
    this.#prepared.set(device, ref);
  }

  /** A device that has not loaded its segment, nor said for too long that it is at it. */
  silent(now: number): string | undefined {
    return this.decision.segments.find(({ device }) => {
      const since = now - (this.#heardAt.get(device) ?? now);
      return !this.#prepared.has(device) && since > PREPARE_SILENCE_MILLISECONDS;
    })?.device;
  }

  /** The plan, once every segment is loaded. */
  plan(nameOf: (device: string) => string): ActivePlan | undefined {
    const { manifest, shape, planner, forecast, segments } = this.decision;
    const loaded = segments.flatMap((segment) => {
      const ref = this.#prepared.get(segment.device);
      return ref === undefined ? [] : [{ ...segment, name: nameOf(segment.device), ref }];
    });
    if (loaded.length < segments.length) return undefined;
    const model = { id: manifest.id, name: manifest.name, blocks: manifest.blocks.length };
    return {
      number: this.number,
      model,
      planner,
      ...shape,
      segments: loaded,
      ...(forecast === undefined ? {} : { forecast }),
    };
  }
}
