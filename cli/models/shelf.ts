/** The models on this machine's disk: by the daemon that runs on them, or where none does in the block store itself, under its lock. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { charteredIn } from "../../actors/daemon/kept-charter.ts";
import { routes } from "../../actors/gateway/api.ts";
import { affordable, tidying } from "../../actors/keeper/choice.ts";
import { bytesOf, entriesOf, filesOf, shelvedOf, takeInventory, unused } from "../../actors/keeper/inventory.ts";
import { describeFiles } from "../../actors/keeper/parts.ts";
import type { Keeping, LetGo, Removed } from "../../actors/keeper/protocol.ts";
import { toRemove } from "../../actors/keeper/removal.ts";
import { type BlockStore, openBlockStore, type StoredFile } from "../../models/store/mod.ts";
import { defaultDataFolder, findDaemons, openDataFolder } from "../../runtime/host/mod.ts";
import { call } from "../api-client.ts";
import { CommandError } from "../command.ts";
import { callAsOwner, type OwnDaemon } from "../owner.ts";

/** What can be done with models on a disk. */
export interface Shelf extends AsyncDisposable {
  keeping(): Promise<Keeping>;
  remove(model: string, force: boolean): Promise<Removed>;
  prune(what: { readonly all: boolean; readonly dryRun: boolean }): Promise<LetGo>;
}

/** The shelf of a data folder; without one that of the daemon on this machine, else of the folder that daemons have by default. */
export async function openShelf(dataDir: string | undefined): Promise<Shelf> {
  const daemons = await findDaemons();
  const daemon = dataDir === undefined ? daemons[0] : daemons.find((one) => one.dataDir === resolve(dataDir));
  return daemon === undefined ? await shelfOnDisk(dataDir ?? defaultDataFolder()) : shelfOf(daemon);
}

function shelfOf(daemon: OwnDaemon): Shelf {
  return {
    keeping: () => call(daemon.api, routes.models),
    remove: (model, force) => callAsOwner(daemon, routes.removeModel, { model, force }),
    prune: (what) => callAsOwner(daemon, routes.prune, what),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function shelfOnDisk(dataDir: string): Promise<Shelf> {
  if (!await stat(dataDir).then((found) => found.isDirectory(), () => false)) {
    throw new CommandError(`There is no data folder ${dataDir}: no daemon has run there yet. See --data-dir.`);
  }
  const folder = await openDataFolder(dataDir);
  try {
    const store = await openBlockStore(folder.blocks);
    return { ...shelfIn(store, await charteredIn(folder)), [Symbol.asyncDispose]: () => folder.close() };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** What a keeper does, where nothing runs and no other device can be asked. `wanted`: what the mesh is to serve. */
export function shelfIn(store: BlockStore, wanted: ReadonlySet<string>): Omit<Shelf, keyof AsyncDisposable> {
  return {
    async keeping() {
      const inventory = await takeInventory(store);
      const left = entriesOf(inventory, unused).filter(({ purpose }) => purpose === "piece" || purpose === "stray");
      return {
        models: shelvedOf(inventory).map((model) => ({ ...model, on: [], serving: false })),
        keptBytes: bytesOf(inventory.files),
        leftoverBytes: bytesOf(left.map(({ file }) => file)),
      };
    },
    async remove(wanted, force) {
      const inventory = await takeInventory(store);
      const found = toRemove(wanted, shelvedOf(inventory), unused.served, force);
      if (found.type === "refused") return found;
      const { id, name } = found.model;
      const gone = await discardAll(filesOf(id, entriesOf(inventory, unused)), store);
      await store.stock.forget(id);
      return { type: "removed", name, bytes: bytesOf(gone), stayingBytes: 0 };
    },
    async prune({ all, dryRun }) {
      const inventory = await takeInventory(store);
      const found = affordable(entriesOf(inventory, { ...unused, served: wanted }), tidying(all), () => 0);
      if (!dryRun) {
        await discardAll(found.map(({ file }) => file), store);
        if (all) { for (const { id } of inventory.manifests) if (!wanted.has(id)) await store.stock.forget(id); }
      }
      return describeFiles(found, inventory.manifests);
    },
  };
}

async function discardAll(files: readonly StoredFile[], store: BlockStore): Promise<readonly StoredFile[]> {
  for (const file of files) await store.stock.discard(file);
  return files;
}
