/** The devices of the mesh as `skein top` shows them: in the order of a token's path, then those without blocks. Pure. */
import type { InspectedDevice } from "../../actors/gateway/api.ts";
import type { DeviceView } from "../../actors/inspector/protocol.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import { fetchOf, type Known, plansOf } from "./state.ts";

/** A device. What is not known is absent. */
export interface DeviceRow {
  readonly device: string;
  readonly name: string;
  readonly leads: boolean;
  /** Whether it is the one that is asked. */
  readonly here: boolean;
  /** Blocks of the plan that is shown. */
  readonly blocks?: { readonly first: number; readonly last: number };
  readonly usedBytes?: number;
  readonly usableBytes?: number;
  /** The part of all its cores that the daemon computes on, 0 to 1. */
  readonly cpu?: number;
  readonly load?: number;
  /** A step of decoding: measured lately, and as predicted. */
  readonly stepMilliseconds?: { readonly mean: number; readonly p99: number };
  readonly predictedMilliseconds?: number;
  readonly bytesInPerSecond?: number;
  readonly bytesOutPerSecond?: number;
  /** Since its daemon was started. */
  readonly upSeconds?: number;
  /** In a word or two. */
  readonly state: string;
  /** Whether something is wrong with it. */
  readonly bad: boolean;
}

/** Every device; `plan` is the one whose path is shown. */
export function deviceRows(known: Known, plan: ActivePlan | undefined): readonly DeviceRow[] {
  const { look } = known;
  const views = look?.inspection.devices ?? [];
  const places = new Map(plan?.segments.map(({ device }, place) => [device, place]));
  const placeOf = ({ device }: InspectedDevice) => places.get(device) ?? Infinity;
  const missing = (plan?.segments ?? []).filter(({ device }) => !views.some((view) => view.device === device));
  const gone = missing.map(({ device, name }) => ({ device, name, error: "it is not connected" }));
  const all = [
    ...views.map((view, index) => ({ view, here: index === 0 })),
    ...gone.map((view) => ({ view, here: false })),
  ];
  return all
    .toSorted((a, b) => placeOf(a.view) - placeOf(b.view) || a.view.name.localeCompare(b.view.name))
    .map(({ view, here }) => rowOf(known, plan, view, here));
}

function rowOf(known: Known, plan: ActivePlan | undefined, view: InspectedDevice, here: boolean): DeviceRow {
  const { device, name } = view;
  const place = plan?.segments.findIndex((segment) => segment.device === device) ?? -1;
  const segment = plan?.segments[place];
  const predicted = plan?.forecast?.stages[place]?.decodeMilliseconds;
  const common = {
    device,
    name,
    leads: device === known.look?.inspection.leader,
    here,
    ...(segment === undefined ? {} : { blocks: { first: segment.first, last: segment.last } }),
    ...(predicted === undefined ? {} : { predictedMilliseconds: predicted }),
  };
  if ("error" in view) return { ...common, state: `no answer: ${view.error}`, bad: true };
  const { cpu, bytesInPerSecond, bytesOutPerSecond } = known.rates.get(device) ?? {};
  const step = lookOf(view, segment)?.stepMilliseconds;
  return {
    ...common,
    usedBytes: view.segments.reduce((sum, { bytes }) => sum + bytes, 0),
    usableBytes: view.memory.usableBytes,
    load: view.sensors.load,
    ...(step === undefined ? {} : { stepMilliseconds: step }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(bytesInPerSecond === undefined ? {} : { bytesInPerSecond }),
    ...(bytesOutPerSecond === undefined ? {} : { bytesOutPerSecond }),
    ...(view.processSeconds === undefined ? {} : { upSeconds: view.processSeconds.up }),
    state: stateOf(known, view, plan),
    bad: false,
  };
}

/** How the executor of a device's part of the plan does. */
function lookOf({ segments }: DeviceView, planned: ActivePlan["segments"][number] | undefined) {
  return segments.find(({ path }) => path === planned?.ref.path)?.look;
}

function stateOf(known: Known, view: DeviceView, plan: ActivePlan | undefined): string {
  const fetch = fetchOf(known, view.device);
  if (fetch !== undefined) return `fetching ${Math.floor(fetch.doneBytes / fetch.totalBytes * 100)}%`;
  const looks = view.segments.flatMap(({ look }) => look === undefined ? [] : [look]);
  const waiting = looks.reduce((sum, look) => sum + look.waiting, 0);
  if (waiting > 0) return `${waiting} wait`;
  if (looks.some(({ slots, tokensPerSecond }) => slots.taken > 0 && tokensPerSecond > 0)) return "computing";
  const own = plan?.segments.some(({ device }) => device === view.device) ?? false;
  const mirrored = plan?.segments.filter(({ mirror }) => mirror?.device === view.device).map(({ name }) => name) ?? [];
  if (own) return "idle";
  if (mirrored.length > 0) return `mirrors ${mirrored.join(", ")}`;
  if (view.segments.length === 0) return "no blocks";
  return plansOf(known).some((other) => other.segments.some(({ device }) => device === view.device))
    ? "idle"
    : "loading";
}

/** Sequences that wait for a place, on the first segment of a plan, where they enter. */
export function waitingIn(known: Known, plan: ActivePlan | undefined): number {
  const first = plan?.segments[0];
  const view = known.look?.inspection.devices.find(({ device }) => device === first?.device);
  if (view === undefined || "error" in view) return 0;
  return lookOf(view, first)?.waiting ?? 0;
}
