/** skein uninstall: takes away what Skein has made on this machine. */
import { rm, rmdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { formatBytes } from "../plans/mod.ts";
import {
  type DaemonRecord,
  type DataFolder,
  defaultDataFolder,
  findDaemons,
  openDataFolder,
  stateFolder,
} from "../runtime/host/mod.ts";
import { parseCommand } from "./command.ts";
import { launcherPath } from "./launcher-path.ts";
import { askToGoOn } from "./question.ts";
import { removeService, serviceFile, serviceManager } from "./service.ts";
import { installedService } from "./service/installed.ts";
import { emptied, isDataFolder, type Item, itemsOfData, itemsOfState } from "./uninstall/inventory.ts";
import { stopDaemon } from "./uninstall/stopping.ts";
import { completionLines } from "./uninstall/traces.ts";

export const USAGE =
  `skein uninstall [options]: stop the daemon and the service of this machine, and remove what they have
made: keys, models, logs, records. It says what, and asks first. The other devices go on.

  --keep-models       leave blocks and downloads where they are
  --data-dir DIR      this data folder alone (default: ${defaultDataFolder()}, and those that a
                      service or a daemon of yours uses)
  --yes               without a question
  --json              print JSON
`;

interface Options {
  readonly dataDir: string | undefined;
  readonly keepModels: boolean;
}

/** What is there to take away. */
interface Found {
  /** The service's file. */
  readonly service: string | undefined;
  readonly daemons: readonly DaemonRecord[];
  readonly folders: readonly { readonly path: string; readonly items: readonly Item[] }[];
  /** Outside of data folders. */
  readonly records: readonly Item[];
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(args, {
    "keep-models": { type: "boolean", default: false },
    "data-dir": { type: "string" },
    yes: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  }, USAGE);
  const given = values["data-dir"];
  const options = { dataDir: given === undefined ? undefined : resolve(given), keepModels: values["keep-models"] };
  const found = await look(options);
  const say = (text: string) => void (values.json ? process.stderr : process.stdout).write(text);
  if (isNothing(found)) say("Nothing of Skein is here, but for the program itself.\n");
  else {
    say(describe(found, options));
    if (!values.yes) await askToGoOn("Remove all of this?");
    await stopAll(found);
    await remove(found, options);
  }
  const lines = await completionLines();
  if (values.json) process.stdout.write(`${JSON.stringify(reportOf(found, lines))}\n`);
  else for (const line of leftToDo(lines, found)) say(`${line}\n`);
  return 0;
}

async function look({ dataDir, keepModels }: Options): Promise<Found> {
  const all = await findDaemons();
  const serviceDir = (await installedService())?.dataDir;
  const manager = serviceManager();
  const ours = dataDir === undefined || serviceDir === dataDir;
  const service = manager === undefined || !ours ? undefined : await serviceFile(manager);
  const candidates = dataDir === undefined
    ? [defaultDataFolder(), ...serviceDir === undefined ? [] : [serviceDir], ...all.map(({ dataDir }) => dataDir)]
    : [dataDir];
  const folders: Found["folders"][number][] = [];
  for (const path of new Set(candidates)) {
    if (await isDataFolder(path)) folders.push({ path, items: await itemsOfData(path, keepModels) });
  }
  const daemons = all.filter(({ dataDir }) => folders.some(({ path }) => path === dataDir));
  return { service, daemons, folders, records: dataDir === undefined ? await itemsOfState(stateFolder()) : [] };
}

function isNothing({ service, daemons, folders }: Found): boolean {
  return service === undefined && daemons.length === 0 && folders.every(({ items }) => items.length === 0);
}

const KEPT =
  "  Blocks and downloads stay. This device's identity is lost: it comes back by a new invite, as a new device.";
const LOST = "  Blocks that no other device of the mesh has are lost, and so is this device's identity.";

function describe({ service, daemons, folders, records }: Found, { keepModels }: Options): string {
  const size = (items: readonly Item[]) => formatBytes(items.reduce((sum, { bytes }) => sum + bytes, 0));
  const lines = [
    ...daemons.map(({ name, pid }) =>
      `  stop    the daemon of ${name} (process ${pid}); others take over what it runs`
    ),
    ...service === undefined ? [] : [`  stop    the service, and remove ${service}`],
    ...folders.flatMap(({ path, items }) => [
      `  remove  ${size(items)} in ${path}:`,
      ...items.map((item) => `            ${item.path.slice(path.length + 1)} (${formatBytes(item.bytes)})`),
    ]),
    ...records.map(({ path }) => `  remove  ${path}`),
    ...folders.length === 0 ? [] : [keepModels ? KEPT : LOST],
  ];
  return `${lines.join("\n")}\n`;
}

async function stopAll({ service, daemons }: Found): Promise<void> {
  const manager = serviceManager();
  if (service !== undefined && manager !== undefined) await removeService(manager, service);
  await Promise.all(daemons.map(stopDaemon));
}

/** Removes what was found, under the folders' locks: no daemon may start on half of one. */
async function remove({ folders, records }: Found, { keepModels }: Options): Promise<void> {
  const opened: DataFolder[] = [];
  try {
    for (const { path } of folders) opened.push(await openDataFolder(path));
    // Looked for once more: a daemon that leaves writes to its end.
    const left = await Promise.all(folders.map(({ path }) => itemsOfData(path, keepModels)));
    // The lock goes with its folder.
    const items = left.flat().filter(({ path }) => !path.endsWith("daemon.pid"));
    for (const { path } of [...items, ...records]) await rm(path, { recursive: true, force: true });
  } finally {
    for (const folder of opened) await folder.close();
  }
  const empty = [...folders.flatMap(({ path }) => emptied(path)), ...records.map(({ path }) => dirname(path))];
  // What others have put there stays.
  for (const folder of new Set(empty)) await rmdir(folder).catch(() => {});
}

function reportOf({ service, daemons, folders, records }: Found, completion: readonly string[]) {
  const items = [...folders.flatMap(({ items }) => items), ...records];
  return {
    stopped: daemons.map(({ name, pid }) => ({ name, pid })),
    ...(service === undefined ? {} : { service }),
    removed: items,
    completion,
  };
}

/** What is left for the person to do. */
function leftToDo(completion: readonly string[], found: Found): string[] {
  const program = launcherPath();
  const installed = program.includes("node_modules");
  return [
    ...isNothing(found) ? [] : ["Removed."],
    ...found.folders.length === 0
      ? []
      : ["The others list this device as away: skein forget NAME on one of them puts it out for good."],
    ...completion.map((place) => `Completion is asked for in ${place}: that file is yours, take the line out.`),
    installed
      ? "The program itself: npm uninstall -g skein"
      : `The program itself is in ${dirname(dirname(program))}: remove that folder.`,
  ];
}
