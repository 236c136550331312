/** This device's part in the plans: told to its owner when it changes. Pure. */
import type { DeviceEvent } from "../events.ts";
import { type ActivePlan, comparePlans, type MeshState, modelOf, plansIn } from "../plan.ts";

/** A device's part in a plan. */
export type Part = Extract<DeviceEvent, { type: "part" }>;

/** What a device runs of each model whose plan is new, where that is another part than it had before. */
export function newParts(before: MeshState, now: MeshState, device: string): Part[] {
  const known = new Map(plansIn(before).map((plan) => [plan.model.id, keyOf(partOf(plan, device))]));
  return plansIn(now).map((plan) => ({ plan, part: partOf(plan, device) }))
    .filter(({ plan, part }) => known.get(plan.model.id) !== keyOf(part)).map(({ part }) => part);
}

function partOf({ model, planner, segments, forecast }: ActivePlan, device: string): Part {
  return {
    type: "part",
    model: model.name,
    blocks: model.blocks,
    planner,
    runs: segments.filter((segment) => segment.device === device).map(({ first, last }) => ({ first, last })),
    on: [...new Set(segments.map(({ name }) => name))],
    ...(forecast === undefined ? {} : { tokenMilliseconds: forecast.tpotMilliseconds }),
  };
}

/** What makes it another part: what runs here, and where nothing does who runs it. */
function keyOf({ runs, on, planner }: Part): string {
  return runs.length > 0 ? JSON.stringify(runs) : `none ${planner} ${on.join()}`;
}

/** Whether a plan is a pin that had been waiting: asked for before the plan that gives way to it was made. */
export function isTakenUpAgain(plan: ActivePlan, before: MeshState, now: MeshState): boolean {
  if (plan.planner !== "pinned") return false;
  const pin = now.models.find((model) => modelOf(model).id === plan.model.id)?.recall?.pin;
  const earlier = plansIn(before).find(({ model }) => model.id === plan.model.id);
  return pin !== undefined && earlier !== undefined && earlier.planner !== "pinned" &&
    comparePlans(pin.number, earlier.number) < 0;
}
