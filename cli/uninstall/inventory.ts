/** What of a folder is Skein's, by name: a data folder may be a folder that holds other things too. */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Files that a daemon makes in its data folder. */
const FILES: readonly string[] = [
  ...["identity.key", "mesh.key", "api.key", "owner.key", "members.json", "joined", "port", "addresses"],
  ...["charter.json", "offered", "rates.json", "disk-limit", "daemon.json", "daemon.pid"],
];
/** Folders that it makes there, and what in them is its own: people may have folders of these names. */
const FOLDERS: Readonly<Record<string, RegExp>> = {
  blocks: /^(blobs|manifests|sources)$/,
  downloads: /^[0-9a-f]{16}$/,
  logs: /^skein\.log(\.\d+)?$/,
  trial: /^(weights|graph)$/,
};
/** What takes hours to have again. */
const MODELS: readonly string[] = ["downloads", "blocks"];
/** What daemons and services write into the state folder. */
const OWN_STATE: readonly string[] = ["daemons", "service.json"];

/** Something to remove. */
export interface Item {
  readonly path: string;
  readonly bytes: number;
}

/** What is Skein's in a data folder, but for models where they are to be kept. */
export async function itemsOfData(folder: string, keepModels: boolean): Promise<Item[]> {
  const folders = Object.entries(FOLDERS).filter(([name]) => !(keepModels && MODELS.includes(name)));
  const inside = folders.map(([name, own]) => itemsIn(join(folder, name), (name) => own.test(name)));
  const files = itemsIn(folder, (name) => FILES.some((own) => name === own || isLeftover(name, own)));
  return (await Promise.all([files, ...inside])).flat();
}

/** What is Skein's in the state folder. */
export async function itemsOfState(folder: string): Promise<Item[]> {
  return await itemsIn(folder, (name) => OWN_STATE.includes(name));
}

/** Whether a daemon has run on a folder, as far as that can be seen. */
export async function isDataFolder(folder: string): Promise<boolean> {
  const names = await namesIn(folder);
  return names.includes("owner.key") || names.includes("mesh.key") ||
    (names.includes("blocks") && (await namesIn(join(folder, "blocks"))).includes("manifests"));
}

/** The folders in a data folder that may be left empty, the folder itself last. */
export function emptied(folder: string): string[] {
  return [...Object.keys(FOLDERS).map((name) => join(folder, name)), folder];
}

async function itemsIn(folder: string, isOwn: (name: string) => boolean): Promise<Item[]> {
  const own = (await namesIn(folder)).filter(isOwn).sort();
  return await Promise.all(own.map(async (name) => {
    const path = join(folder, name);
    return { path, bytes: await bytesOf(path) };
  }));
}

/** What a crash in the middle of writing left. */
function isLeftover(name: string, own: string): boolean {
  return name.startsWith(`${own}.`) && /^\.(\d+\.new|clearing|\d+\.[0-9a-f-]{36})$/.test(name.slice(own.length));
}

/** Bytes of a file, or of all in a folder; a link counts as itself, whatever it leads to. */
async function bytesOf(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.size;
  const inside = await Promise.all((await namesIn(path)).map((name) => bytesOf(join(path, name))));
  return inside.reduce((sum, bytes) => sum + bytes, 0);
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}
