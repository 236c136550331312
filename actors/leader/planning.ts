/** From what the mesh reports to a problem for `plans/`, and from its answer to assignments. Pure. */
import type { Manifest } from "../../models/manifest.ts";
import { type CapacityProblem, evenSplit, placeCounts, type Placement, type RequestShape } from "../../plans/mod.ts";
import type { ActivePlan } from "../plan.ts";
import type { DeviceReport, Split } from "./protocol.ts";

/** Devices that take part, those that hold the model's file first: the prompt enters there. */
export function inOrder(reports: Iterable<DeviceReport>, holders: ReadonlySet<string>): DeviceReport[] {
  const all = [...reports];
  return [...all.filter(({ device }) => holders.has(device)), ...all.filter(({ device }) => !holders.has(device))];
}

/** The problem that the planner solves. */
export function problemOf(manifest: Manifest, devices: readonly DeviceReport[], shape: RequestShape): CapacityProblem {
  return {
    blocks: manifest.blocks.map((block) => ({
      kind: block.kind,
      weightBytes: block.memoryBytes,
      kvBytesPerToken: block.kind === "layer" ? block.kvBytesPerToken : 0,
    })),
    devices: devices.map(({ device, name, usableBytes }) => ({ device, name, usableBytes })),
    shape,
  };
}

/** Places a model: as pinned, or evenly. */
export function place(
  manifest: Manifest,
  devices: readonly DeviceReport[],
  shape: RequestShape,
  pinned: Split | null,
): Placement {
  if (pinned === null) return evenSplit(problemOf(manifest, devices, shape));
  const chosen: DeviceReport[] = [];
  for (const { device: wanted } of pinned) {
    const matches = devices.filter(({ device, name }) => name === wanted || device === wanted);
    const [match] = matches;
    const known = devices.map(({ name }) => name).join(", ");
    if (match === undefined) {
      return { type: "infeasible", reason: `The split names "${wanted}"; the mesh has ${known}.` };
    }
    if (matches.length > 1) {
      return {
        type: "infeasible",
        reason: `Two devices are called "${wanted}": give the peer id, or start one with another --name.`,
      };
    }
    if (chosen.includes(match)) return { type: "infeasible", reason: `The split names "${wanted}" twice.` };
    chosen.push(match);
  }
  return placeCounts(problemOf(manifest, chosen, shape), pinned.map(({ blocks }) => blocks));
}

/** Whether a placement is what the plan in force already does. */
export function isInForce(plan: ActivePlan, model: string, shape: RequestShape, placement: Placement): boolean {
  return placement.type === "placed" &&
    plan.model.id === model &&
    plan.context === shape.context &&
    plan.concurrency === shape.concurrency &&
    plan.segments.length === placement.segments.length &&
    plan.segments.every(({ device, first, last }, index) => {
      const segment = placement.segments[index];
      return segment !== undefined && segment.device === device && segment.first === first && segment.last === last;
    });
}
