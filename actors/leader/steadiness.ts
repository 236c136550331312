/**
 * How steady what devices measure is, and how far their trials usually are from it: what a gain has to exceed before it is
 * more than noise, and what a device that has not run a model is to be taken for. Without it a mesh of equal devices would
 * try one after another: the one that works is known with all that its work costs, the others by a short trial at its best.
 */
import { median } from "../../plans/mod.ts";
import type { Ratios } from "./estimates.ts";

/** Measurements that are remembered of a device and model. */
const REMEMBERED = 64;
/** Of them, those that its usual pace is a quarter from the fastest of: a slow hour is not what its trial misses. */
const USUAL = 0.25;
/** Measurements before their noise is known, and what it is taken for until then. */
const ENOUGH = 8;
const UNKNOWN_NOISE = 0.25;
/** The median of the absolute difference of two draws of a normal distribution, in its standard deviations. */
const MEDIAN_DIFFERENCE = 0.954;

const KINDS = ["decode", "prefill", "lookUp"] as const satisfies readonly (keyof Ratios)[];
type Kind = typeof KINDS[number];

/** What devices have measured lately, by model. */
export class Steadiness {
  readonly #histories = new Map<string, Map<string, Record<Kind, number[]>>>();

  /** Takes what a device reports of a model. What it said before says nothing new. */
  heard(model: string, device: string, ratios: Ratios): void {
    const devices = this.#histories.get(model) ?? new Map<string, Record<Kind, number[]>>();
    this.#histories.set(model, devices);
    const history = devices.get(device) ?? { decode: [], prefill: [], lookUp: [] };
    devices.set(device, history);
    for (const kind of KINDS) {
      const [values, value] = [history[kind], ratios[kind]];
      if (value === undefined || !(value > 0) || value === values.at(-1)) continue;
      values.push(value);
      if (values.length > REMEMBERED) values.shift();
    }
  }

  /** A device has left. */
  forget(device: string): void {
    for (const devices of this.#histories.values()) devices.delete(device);
  }

  /**
   * How many times as long as by their trials a model's layers usually take on devices on which they have run; undefined
   * where they have run on none.
   */
  usual(model: string): Ratios {
    const all = [...this.#histories.get(model)?.values() ?? []];
    const of = (kind: Kind) => median(all.flatMap((history) => usually(history[kind]) ?? []));
    return { decode: of("decode"), prefill: of("prefill"), lookUp: of("lookUp") };
  }

  /** The noise of what these devices measure of a model, as a part of it: from one measurement to the next. */
  noise(model: string, devices: readonly string[]): number {
    const histories = devices.flatMap((device) => this.#histories.get(model)?.get(device) ?? []);
    return Math.max(0, ...histories.map(({ decode }) => noiseOf(decode)));
  }
}

function usually(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(USUAL * (values.length - 1))];
}

/** By differences of neighbours, which a lasting change counts in only once. */
function noiseOf(values: readonly number[]): number {
  if (values.length === 0) return 0;
  if (values.length < ENOUGH) return UNKNOWN_NOISE;
  const differences = values.slice(1).map((value, at) => Math.abs(Math.log(value / (values[at] ?? value))));
  return (median(differences) ?? 0) / MEDIAN_DIFFERENCE;
}
