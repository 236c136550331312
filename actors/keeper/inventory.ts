/** What is in a device's block store, and what each file is there for. Pure, but for looking into the store. */
import type { Manifest } from "../../models/manifest.ts";
import { blockBlobs, manifestBlobs } from "../../models/manifest-blobs.ts";
import type { BlockStore, StoredFile } from "../../models/store/mod.ts";
import { type BlockRuns, runsOf } from "../block-runs.ts";

/** A store as it is at one moment. */
export interface Inventory {
  readonly manifests: readonly Manifest[];
  /** When each model was last used here, milliseconds since 1970, by its id. */
  readonly usedAt: ReadonlyMap<string, number>;
  readonly files: readonly StoredFile[];
}

/** What is in use. */
export interface Use {
  /** Hashes of blobs that run here, are about to, or that other devices count on. */
  readonly blobs: ReadonlySet<string>;
  /** Ids of the models that the mesh serves. */
  readonly served: ReadonlySet<string>;
}

/** Nothing is: no daemon runs. */
export const unused: Use = { blobs: new Set(), served: new Set() };

/**
 * Why a file is there: `used`, or of a model that the mesh serves, or of one that it does not; `piece`: what came so far of a
 * blob that is not being fetched; `stray`: no model here has it.
 */
export type Purpose = "used" | "served" | "stored" | "piece" | "stray";

/** A file and what it is there for. */
export interface Entry {
  readonly file: StoredFile;
  readonly purpose: Purpose;
  /** Models that it is of. */
  readonly models: readonly string[];
  /** When the latest of them was used here; 0 for none. */
  readonly usedAt: number;
}

/** A model as far as it is here. */
export interface Shelved {
  readonly id: string;
  readonly name: string;
  readonly quantization: string;
  /** Of all of it, and of what is here. */
  readonly bytes: number;
  readonly hereBytes: number;
  readonly blocks: number;
  readonly here: BlockRuns;
  readonly usedAt: number;
}

/** Looks into a store. */
export async function takeInventory(store: Pick<BlockStore, "manifests" | "stock">): Promise<Inventory> {
  const [manifests, files] = [await store.manifests(), await store.stock.files()];
  const usedAt = new Map<string, number>();
  for (const { id } of manifests) usedAt.set(id, await store.stock.usedAt(id) ?? 0);
  return { manifests, usedAt, files };
}

/** Every file with what it is there for. */
export function entriesOf({ manifests, usedAt, files }: Inventory, { blobs, served }: Use): Entry[] {
  const needing = new Map<string, string[]>();
  for (const manifest of manifests) {
    for (const { sha256 } of manifestBlobs(manifest)) {
      needing.set(sha256, [...needing.get(sha256) ?? [], manifest.id]);
    }
  }
  return files.map((file) => {
    const models = needing.get(file.sha256) ?? [];
    const purpose = blobs.has(file.sha256)
      ? "used"
      : !file.complete
      ? "piece"
      : models.length === 0
      ? "stray"
      : models.some((model) => served.has(model))
      ? "served"
      : "stored";
    return { file, purpose, models, usedAt: Math.max(0, ...models.map((model) => usedAt.get(model) ?? 0)) };
  });
}

/** Every model that is known here, by name. */
export function shelvedOf({ manifests, usedAt, files }: Inventory): Shelved[] {
  const complete = new Set(files.flatMap(({ sha256, complete }) => complete ? [sha256] : []));
  return manifests.map((manifest) => {
    const blobs = manifestBlobs(manifest);
    const here = manifest.blocks.filter((block) => blockBlobs(block).every(({ sha256 }) => complete.has(sha256)));
    return {
      id: manifest.id,
      name: manifest.name,
      quantization: manifest.quantization,
      bytes: bytesOf(blobs),
      hereBytes: bytesOf(blobs.filter(({ sha256 }) => complete.has(sha256))),
      blocks: manifest.blocks.length,
      here: runsOf(here.map(({ index }) => index)),
      usedAt: usedAt.get(manifest.id) ?? 0,
    };
  });
}

/** The files that go with a model: those that no other model has and nothing uses. */
export function filesOf(model: string, entries: readonly Entry[]): StoredFile[] {
  return entries.filter(({ purpose, models }) => purpose !== "used" && models.length === 1 && models[0] === model)
    .map(({ file }) => file);
}

/** Bytes of all of them. */
export function bytesOf(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
