/** What devices do in a second: differences of what they count, from one look to the next. Pure. */
import type { DeviceView } from "../../actors/inspector/protocol.ts";
import type { Look } from "./look.ts";

/** Of one device. */
export interface DeviceRates {
  readonly bytesInPerSecond?: number;
  readonly bytesOutPerSecond?: number;
  /** The part of all its cores that the daemon computes on, 0 to 1. */
  readonly cpu?: number;
  /** By actor. */
  readonly messagesPerSecond: ReadonlyMap<string, number>;
}

/** Looks that are closer together tell nothing. */
const SHORTEST_MILLISECONDS = 100;

/** The rates of every device that both looks show, by its id. */
export function ratesBetween(before: Look, after: Look): ReadonlyMap<string, DeviceRates> {
  const seconds = (after.at - before.at) / 1000;
  if (seconds * 1000 < SHORTEST_MILLISECONDS) return new Map();
  const views = new Map(before.inspection.devices.map((view) => [view.device, view]));
  return new Map(after.inspection.devices.flatMap((view) => {
    const old = views.get(view.device);
    if (old === undefined || "error" in old || "error" in view) return [];
    return [[view.device, ratesOf(old, view, seconds)]];
  }));
}

function ratesOf(before: DeviceView, after: DeviceView, seconds: number): DeviceRates {
  const handled = new Map(before.actors.map(({ path, handled }) => [path, handled]));
  return {
    ...rate("bytesInPerSecond", before.counters?.bytesIn, after.counters?.bytesIn, seconds),
    ...rate("bytesOutPerSecond", before.counters?.bytesOut, after.counters?.bytesOut, seconds),
    ...cpuOf(before, after),
    messagesPerSecond: new Map(after.actors.flatMap(({ path, handled: now }) => {
      const { value } = rate("value", handled.get(path), now, seconds);
      return value === undefined ? [] : [[path, value]];
    })),
  };
}

/** By the device's own clock, whose looks are not as far apart as ours. */
function cpuOf({ processSeconds: before }: DeviceView, { processSeconds: after, sensors }: DeviceView) {
  if (before === undefined || after === undefined) return {};
  const { value } = rate("value", before.computed, after.computed, (after.up - before.up) * Math.max(1, sensors.cores));
  return value === undefined ? {} : { cpu: Math.min(1, value) };
}

/** Nothing where either is not known, or where the device has begun to count anew. */
function rate<K extends string>(key: K, before: number | undefined, after: number | undefined, seconds: number) {
  const known = before !== undefined && after !== undefined && after >= before && seconds > 0;
  return (known ? { [key]: (after - before) / seconds } : {}) as { readonly [P in K]?: number };
}
