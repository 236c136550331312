/** What a device that comes back goes on with: the models of its charter, which of their blocks are here, and who has the rest. */
import { blockBlobs } from "../../models/manifest-blobs.ts";
import type { BlockStore } from "../../models/store/mod.ts";
import { type BlockRuns, blocksIn, runsOf } from "../block-runs.ts";
import { type KeptCharter, readCharter } from "../charter.ts";

/** A model that the mesh served before this device went. */
export interface Returning {
  readonly type: "returning";
  readonly model: string;
  /** Its blocks on this disk. */
  readonly here: BlockRuns;
  /** Devices that had blocks of it that are not here, as far as was known. */
  readonly elsewhere: readonly Elsewhere[];
  /** Blocks that are not here and that nobody was known to have. */
  readonly missing: BlockRuns;
}

/** Blocks that only another device had. */
export interface Elsewhere {
  readonly name: string;
  readonly blocks: BlockRuns;
  /** Milliseconds since 1970; absent where it is not known. */
  readonly lastSeenAt?: number;
}

/** When a device was last seen. */
export type LastSeen = (device: string) => number | undefined;

/** What is gone on with, a model at a time. */
export async function returningModels(
  { charter, holders }: KeptCharter,
  store: Pick<BlockStore, "manifest" | "has">,
  lastSeen: LastSeen,
  self: string,
): Promise<Returning[]> {
  return await Promise.all(
    readCharter(charter).models.map(async ({ id, name }): Promise<Returning> => {
      const others = (holders.find(({ model }) => model === id)?.holders ?? []).filter(({ device }) => device !== self);
      const known = others.flatMap(({ blocks }) => [...blocksIn(blocks)]);
      const { count, here } = await blocksHere(id, store);
      const all = Array.from({ length: count ?? Math.max(-1, ...known) + 1 }, (_, block) => block);
      const wanted = new Set(all.filter((block) => !here.has(block)));
      const missing = runsOf([...wanted].filter((block) => !known.includes(block)));
      const elsewhere = others.flatMap(({ device, name, blocks }): Elsewhere[] => {
        const its = [...blocksIn(blocks)].filter((block) => wanted.delete(block));
        const at = lastSeen(device);
        return its.length === 0 ? [] : [{ name, blocks: runsOf(its), ...(at === undefined ? {} : { lastSeenAt: at }) }];
      });
      return { type: "returning", model: name, here: runsOf(here), elsewhere, missing };
    }),
  );
}

async function blocksHere(
  model: string,
  store: Pick<BlockStore, "manifest" | "has">,
): Promise<{ readonly count: number | undefined; readonly here: ReadonlySet<number> }> {
  const manifest = await store.manifest(model);
  if (manifest === undefined) return { count: undefined, here: new Set() };
  const here = await Promise.all(manifest.blocks.map(async (block) => {
    const blobs = await Promise.all(blockBlobs(block).map((blob) => store.has(blob)));
    return blobs.every(Boolean);
  }));
  return { count: here.length, here: new Set(here.flatMap((all, index) => all ? [index] : [])) };
}
