/** Second copies: which blocks of a model devices are to fetch to disk, so that the mesh can do without any one of them. */
import { blockBlobs } from "../../models/manifest-blobs.ts";
import type { Manifest } from "../../models/manifest.ts";
import { copiesOnDisk, type Copy, type Run } from "../../plans/mod.ts";
import type { ActivePlan } from "../plan.ts";
import type { Offer } from "./knowledge.ts";
import { type Lead, surroundings } from "./lead.ts";
import { problemOf } from "./planning.ts";

/** Copies are a precaution: they wait until a plan has worked, and what came with it has been told, for this long. */
const CALM_MILLISECONDS = 1500;
/** A device that was asked for a copy and says nothing of it is asked again, or another one, after this time. */
const AGAIN_MILLISECONDS = 60_000;

/** The copies of one model. Times are the leader's clock. */
export class Copies {
  readonly #lead: Lead;
  readonly #model: string;
  /** When to look at who has what; undefined before anything has changed. */
  #dueAt: number | undefined;
  /** What each device was asked for, and when. */
  readonly #asked = new Map<string, { readonly runs: string; readonly at: number }>();

  constructor(lead: Lead, model: string, now: number) {
    this.#lead = lead;
    this.#model = model;
    this.changed(now);
  }

  /** Something has changed that copies depend on: a plan, a device, what a device has on disk. */
  changed(now: number): void {
    this.#dueAt = now + CALM_MILLISECONDS;
  }

  /** A plan has come into force: what was asked for before was given up for it. */
  planned(now: number): void {
    this.#asked.clear();
    this.changed(now);
  }

  /** Asks for the copies that are wanting under the plan in force, if there is news. */
  tick({ segments }: ActivePlan, now: number): void {
    const offer = this.#lead.knowledge.offered(this.#model);
    if (offer === undefined || this.#dueAt === undefined || now < this.#dueAt) return;
    this.#dueAt = now + AGAIN_MILLISECONDS;
    const byDevice = new Map<string, Copy[]>();
    for (const copy of this.#wanting(offer, segments)) {
      byDevice.set(copy.device, [...byDevice.get(copy.device) ?? [], copy]);
    }
    for (const [device, copies] of byDevice) this.#ask(device, copies, offer, now);
  }

  #wanting(offer: Offer, segments: readonly Run[]): Copy[] {
    const { knowledge } = this.#lead;
    const problem = problemOf(offer, knowledge.reach(offer), surroundings(this.#model, this.#lead));
    return copiesOnDisk(problem, segments, {
      diskBytes: diskBytesOf(offer.manifest),
      held: (device) => knowledge.holdings.heldBy(this.#model, device),
      spareDiskBytes: (device) => knowledge.spareDiskBytes(device),
    });
  }

  #ask(device: string, copies: readonly Copy[], { manifest }: Offer, now: number): void {
    const { knowledge, live, send, device: leader } = this.#lead;
    const runs = copies.map(({ first, last }) => `${first}-${last}`).join();
    const before = this.#asked.get(device);
    if (before !== undefined && before.runs === runs && now - before.at < AGAIN_MILLISECONDS) return;
    this.#asked.set(device, { runs, at: now });
    for (const { first, last, owner } of copies) {
      const range = { model: manifest.id, first, last, owner: knowledge.name(owner) };
      send(device, { type: "reserve", ...range, sources: [...live()], leader });
    }
  }
}

/** Bytes that each block takes on disk. */
function diskBytesOf({ blocks }: Manifest): number[] {
  return blocks.map((block) => blockBlobs(block).reduce((sum, { bytes }) => sum + bytes, 0));
}
