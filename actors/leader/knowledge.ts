/** What the acting leader has heard: devices with their reports, models with their owners' wishes, and who is planned around. */
import type { Manifest } from "../../models/manifest.ts";
import type { BlockRuns } from "../block-runs.ts";
import type { Pin, Recall } from "../recall.ts";
import { ratiosOf } from "./estimates.ts";
import { Holdings } from "./holdings.ts";
import type { ServingPolicy } from "./policy.ts";
import type { DeviceReport } from "./protocol.ts";
import { Steadiness } from "./steadiness.ts";
import { coolDown } from "./when.ts";

/** A model that can be planned, who has all of it, and how its owner wants it served. */
export interface Offer {
  readonly manifest: Manifest;
  readonly policy: ServingPolicy;
  readonly holders: ReadonlySet<string>;
}

/** What devices have said of a model. */
interface Told {
  policy: ServingPolicy;
  /** Devices with all of its blocks. */
  readonly holders: Set<string>;
  /** Devices with its manifest. */
  readonly knowers: Set<string>;
}

/** Why a device is planned around, and how long. */
interface Exclusion {
  readonly until: number;
  readonly reason: string;
  /** Failures in a row. */
  readonly failures: number;
  /** Blocks that it could not get from those who have them; absent where something else went wrong. */
  readonly missing: BlockRuns | undefined;
  /** What it had to offer when it failed: more of it may be what it lacked. */
  readonly had: DeviceReport | undefined;
}

/** Memory or disk that grows by less than this part has not been mended. */
const MENDED = 1.1;

/** What a report brings. */
export type News = "first" | "linked" | "worked" | "freed" | "numbers";

/** Devices and models as they have been told of. */
export class Knowledge {
  readonly #live: () => readonly string[];
  readonly #reports = new Map<string, DeviceReport>();
  readonly #told = new Map<string, Told>();
  readonly #manifests = new Map<string, Manifest>();
  readonly #excluded = new Map<string, Exclusion>();
  /** Who has which blocks on disk. */
  readonly holdings = new Holdings();
  /** How steady what they measure is. */
  readonly steadiness = new Steadiness();
  /** Devices that have said that they go. */
  readonly #leaving = new Set<string>();
  /** How the mesh has agreed to serve models, whatever those who have their files would rather. By model. */
  #agreed: ReadonlyMap<string, ServingPolicy> = new Map();

  /** @param live the devices in reach, this one included */
  constructor(live: () => readonly string[]) {
    this.#live = live;
  }

  /**
   * Takes a report: the device's first, or one that tells of a link or of work at a model that was only guessed at before,
   * or that frees it as it has more memory or disk than when it failed, or no news but numbers.
   */
  report(report: DeviceReport): News {
    const known = this.#reports.get(report.device);
    this.#reports.set(report.device, report);
    for (const { model } of report.work) {
      const manifest = this.#manifests.get(model);
      if (manifest !== undefined) this.steadiness.heard(model, report.device, ratiosOf(manifest, report));
    }
    if (known === undefined) return "first";
    if (this.#mended(report)) return "freed";
    if (report.links.length > known.links.length) return "linked";
    return report.work.length > known.work.length ? "worked" : "numbers";
  }

  /**
   * Takes an offer. The word of who has the model's file counts more than what others recall. Where a device comes that has
   * all blocks, the others may fetch what they could not before: nobody is planned around any longer.
   * @returns whether that frees anybody
   */
  offer(device: string, model: string, policy: ServingPolicy, complete: boolean): boolean {
    const told = this.#told.get(model) ?? { policy, holders: new Set(), knowers: new Set() };
    told.knowers.add(device);
    const forgiven = complete && !told.holders.has(device) && this.#forgive();
    if (complete) told.holders.add(device);
    if (complete) told.policy = policy;
    this.#told.set(model, told);
    return forgiven;
  }

  /**
   * A device says which blocks of a model it has on its disk: more than was known, which may free others that could not get
   * them, or no news.
   */
  holds(device: string, model: string, blocks: BlockRuns): "more" | "freed" | "nothing" {
    // What was deleted there is not offered any more.
    if (blocks.length === 0) this.#told.get(model)?.holders.delete(device);
    if (!this.#told.has(model) || !this.holdings.tell(model, device, this.name(device), blocks)) return "nothing";
    return this.#forgive(({ missing }) => missing !== undefined) ? "freed" : "more";
  }

  /** Failures are remembered all the same: a device that goes on failing is planned around for longer. */
  #forgive(which: (exclusion: Exclusion) => boolean = () => true): boolean {
    const forgiven = [...this.#excluded].filter(([, exclusion]) => which(exclusion));
    for (const [device, exclusion] of forgiven) this.#excluded.set(device, { ...exclusion, until: 0 });
    return forgiven.length > 0;
  }

  /** Whether a device that is planned around has what it may have lacked. True once. */
  #mended({ device, usableBytes, spareDiskBytes }: DeviceReport): boolean {
    const exclusion = this.#excluded.get(device);
    const had = exclusion?.had;
    if (exclusion === undefined || had === undefined || exclusion.until === 0) return false;
    const more = usableBytes > MENDED * had.usableBytes || spareDiskBytes > MENDED * had.spareDiskBytes;
    return more && this.#forgive((one) => one === exclusion);
  }

  /** Takes how the mesh has agreed to serve models. */
  agree(policies: ReadonlyMap<string, ServingPolicy>): void {
    this.#agreed = policies;
  }

  /** What is published of a model for whoever leads next: nothing before anybody has told of it. */
  recall(model: string, pin: Pin | undefined): { readonly recall?: Recall } {
    const policy = this.#agreed.get(model) ?? this.#told.get(model)?.policy;
    if (policy === undefined) return {};
    return { recall: { policy, ...(pin === undefined ? {} : { pin }), holders: this.holdings.holders(model) } };
  }

  /** Takes the manifest of a model. */
  describe(manifest: Manifest): void {
    this.#manifests.set(manifest.id, manifest);
  }

  /** Models that were offered and cannot be planned yet, with the devices that can describe them. */
  undescribed(): { readonly model: string; readonly sources: readonly string[] }[] {
    const live = new Set(this.#live());
    return [...this.#told].flatMap(([model, { knowers }]) => {
      const sources = [...knowers].filter((device) => live.has(device));
      return this.#manifests.has(model) || sources.length === 0 ? [] : [{ model, sources }];
    });
  }

  /** Models that can be planned, in the order in which they were offered. */
  offers(): Offer[] {
    return [...this.#told.keys()].flatMap((model) => this.offered(model) ?? []);
  }

  /** A model that can be planned. */
  offered(model: string): Offer | undefined {
    const [told, manifest] = [this.#told.get(model), this.#manifests.get(model)];
    if (told === undefined || manifest === undefined) return undefined;
    return { ...told, policy: this.#agreed.get(model) ?? told.policy, manifest };
  }

  /**
   * Forgets a device that has left. What it offered may still be served by those who recall it; nobody is planned around
   * for what could not be had from it.
   */
  forget(device: string): void {
    this.holdings.lost(device, this.name(device));
    this.#forgive(({ missing }) => missing !== undefined);
    this.#reports.delete(device);
    this.steadiness.forget(device);
    this.#excluded.delete(device);
    this.#leaving.delete(device);
    for (const { holders, knowers } of this.#told.values()) {
      holders.delete(device);
      knowers.delete(device);
    }
  }

  /** Plans around a device that has failed, the longer the more often it has. */
  exclude(device: string, reason: string, now: number, missing?: BlockRuns): void {
    const failures = (this.#excluded.get(device)?.failures ?? 0) + 1;
    const had = this.#reports.get(device);
    this.#excluded.set(device, { until: now + coolDown(failures), reason, failures, missing, had });
  }

  /** A device goes soon: it is planned around until it has gone. */
  leave(device: string): void {
    this.#leaving.add(device);
  }

  /** Devices in reach that have reported and do not go. */
  staying(): string[] {
    return this.#live().filter((device) => this.#reports.has(device) && !this.#leaving.has(device));
  }

  /** A device has done what it was asked for. */
  prove(device: string): void {
    this.#excluded.delete(device);
  }

  /** Whether a device is to be tried again that was planned around until now; true once. */
  readmit(since: number, now: number): boolean {
    return [...this.#excluded.values()].some(({ until }) => until > since && until <= now);
  }

  /** Why devices are planned around, in sentences. */
  exclusions(now: number): string[] {
    return [...this.#excluded].flatMap(([device, { until, reason }]) => {
      return until > now ? [`${this.name(device)} could not take part: ${reason}`] : [];
    });
  }

  /** Whether every device in reach has reported. */
  complete(): boolean {
    return this.#live().every((device) => this.#reports.has(device));
  }

  /** Devices in reach, those that hold all of the model first: the prompt enters there. */
  reach({ holders }: Offer): DeviceReport[] {
    const live = new Set(this.#live());
    const reports = [...this.#reports.values()].filter(({ device }) => live.has(device));
    return [...reports.filter(({ device }) => holders.has(device)), ...reports.filter((it) => !holders.has(it.device))];
  }

  /** Those of them that are not planned around. */
  able(offer: Offer, now: number): DeviceReport[] {
    return this.reach(offer).filter(({ device }) => {
      return !this.#leaving.has(device) && now >= (this.#excluded.get(device)?.until ?? 0);
    });
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
