/** What the acting leader has heard: devices with their reports, models with their owners' wishes, and who is planned around. */
import type { Manifest } from "../../models/manifest.ts";
import type { ServingPolicy } from "./policy.ts";
import type { DeviceReport } from "./protocol.ts";

/** A model that the mesh knows, who has all of it, and how its owner wants it served. */
export interface Offer {
  readonly manifest: Manifest;
  readonly policy: ServingPolicy;
  readonly holders: Set<string>;
}

/** Devices and models as they have been told of. */
export class Knowledge {
  readonly #live: () => readonly string[];
  readonly #reports = new Map<string, DeviceReport>();
  readonly #offers = new Map<string, Offer>();
  /** Devices planned around, until when, and why. */
  readonly #excluded = new Map<string, { readonly until: number; readonly reason: string }>();

  /** @param live the devices in reach, this one included */
  constructor(live: () => readonly string[]) {
    this.#live = live;
  }

  /**
   * Takes a report: the device's first, or one that tells of a link or of work at a model that was only guessed at before,
   * or no news but numbers.
   */
  report(report: DeviceReport): "first" | "learnt" | "numbers" {
    const known = this.#reports.get(report.device);
    this.#reports.set(report.device, report);
    if (known === undefined) return "first";
    return report.links.length > known.links.length || report.work.length > known.work.length ? "learnt" : "numbers";
  }

  /** Takes an offer; whether the model is new. The word of who has the model's file counts more than what others recall. */
  offer(device: string, manifest: Manifest, policy: ServingPolicy, complete: boolean): boolean {
    const known = this.#offers.get(manifest.id);
    const holders = known?.holders ?? new Set();
    if (complete) holders.add(device);
    this.#offers.set(manifest.id, { manifest, policy: complete ? policy : known?.policy ?? policy, holders });
    return known === undefined;
  }

  /** Forgets a device that has left. */
  forget(device: string): void {
    this.#reports.delete(device);
    for (const offer of this.#offers.values()) offer.holders.delete(device);
  }

  /** Plans around a device until a time. */
  exclude(device: string, until: number, reason: string): void {
    this.#excluded.set(device, { until, reason });
  }

  /** Lets those back in whose time is over; whether there were any. */
  readmit(now: number): boolean {
    const due = [...this.#excluded].filter(([, { until }]) => now >= until);
    for (const [device] of due) this.#excluded.delete(device);
    return due.length > 0;
  }

  /** Why devices are planned around, in sentences. */
  exclusions(): string[] {
    return [...this.#excluded].map(([device, { reason }]) => `${this.name(device)} could not take part: ${reason}`);
  }

  /** The model of this id, or else the first that a device in reach has in full, or else the first that was offered. */
  model(id: string | undefined): Offer | undefined {
    const offers = [...this.#offers.values()];
    const held = offers.find(({ holders }) => holders.size > 0);
    return (id === undefined ? undefined : this.#offers.get(id)) ?? held ?? offers[0];
  }

  /** Whether every device in reach has reported. */
  complete(): boolean {
    return this.#live().every((device) => this.#reports.has(device));
  }

  /** Devices that can take part, those that hold all of the model first. */
  able({ holders }: Offer, now: number): DeviceReport[] {
    const live = new Set(this.#live());
    const able = [...this.#reports.values()].filter(({ device }) => {
      return live.has(device) && now >= (this.#excluded.get(device)?.until ?? 0);
    });
    return inOrder(able, holders);
  }

  /** What people call a device. */
  name(device: string): string {
    return this.#reports.get(device)?.name ?? device;
  }

  /** Bytes of disk that blocks in reserve may take there. */
  spareDiskBytes(device: string): number {
    return this.#reports.get(device)?.spareDiskBytes ?? 0;
  }
}

/** Devices that take part, those that hold all of the model first: the prompt enters there. */
function inOrder(reports: Iterable<DeviceReport>, holders: ReadonlySet<string>): DeviceReport[] {
  const all = [...reports];
  return [...all.filter(({ device }) => holders.has(device)), ...all.filter(({ device }) => !holders.has(device))];
}
