/** What the levels of an elastic model take on the plan in force, kept true to what devices measure. */
import { bytesAt, levelsOf, shareOf } from "../../models/elastic.ts";
import type { Manifest } from "../../models/manifest.ts";
import { type ElasticTimes, elasticTimes, type Problem, type Slicing } from "../../plans/mod.ts";
import type { ActivePlan } from "../plan.ts";
import type { PlanLevels } from "../plan-levels.ts";
import type { DeviceReport } from "./protocol.ts";

/** How often it is looked at whether they still take that. */
const LOOK_MILLISECONDS = 5000;
/** A change by less than this part is noise. */
const NOISE = 0.05;

type Model = Pick<Manifest, "id" | "blocks" | "elastic">;

/** How a model is sliced, and what slices take on the devices; undefined of a model that is not. */
export function slicingOf(
  { id, blocks, elastic }: Model,
  devices: readonly DeviceReport[],
): Slicing | undefined {
  if (elastic === undefined) return undefined;
  const measured = new Map(devices.map(({ device, work }) => {
    return [device, new Map(work.find(({ model }) => model === id)?.levels?.map((time) => [time.level, time]))];
  }));
  return {
    levels: levelsOf({ elastic }).length,
    isSliced(index) {
      const block = blocks[index];
      return block !== undefined && shareOf(elastic, block, 1) < 1;
    },
    bytesOf(index, level) {
      const block = blocks[index];
      return block === undefined ? 0 : bytesAt(elastic, block, level);
    },
    measured(device, level) {
      const time = measured.get(device)?.get(level);
      return time && { decode: time.decodeShare, prefill: time.prefillShare };
    },
  };
}

/** The levels of one model, on the plan in force. Times are the leader's clock. */
export class Levels {
  #lookAt = 0;

  /** Another plan is in force: what is known of its levels was true of another one. */
  restart(): void {
    this.#lookAt = 0;
  }

  /**
   * Returns the plan with what its levels take, where that has changed beyond noise or was not known. `problem` is asked for
   * now and then only, and of elastic models only.
   */
  tick(
    plan: ActivePlan,
    { manifest, devices }: { readonly manifest: Model; readonly devices: () => readonly DeviceReport[] },
    problem: () => Problem,
    now: number,
  ): ActivePlan | undefined {
    if (manifest.elastic === undefined || now < this.#lookAt) return undefined;
    this.#lookAt = now + LOOK_MILLISECONDS;
    const slicing = slicingOf(manifest, devices());
    const elastic = slicing && elasticTimes(problem(), plan.segments, slicing);
    if (elastic === undefined || (plan.elastic !== undefined && alike(plan.elastic, elastic))) return undefined;
    return { ...plan, elastic };
  }
}

/** Whether all that is said of the levels is the same but for noise. */
function alike(before: PlanLevels, now: ElasticTimes): boolean {
  const [known, news] = [numbersOf(before), numbersOf(now)];
  return known.length === news.length && known.every((value, at) => {
    const other = news[at] ?? NaN;
    return Math.abs(value - other) <= NOISE * Math.max(value, other);
  });
}

function numbersOf({ stages, linkMilliseconds, stepFactors, levels }: ElasticTimes): number[] {
  return [stages, linkMilliseconds, ...stepFactors, ...levels.flatMap((times) => Object.values(times))];
}
