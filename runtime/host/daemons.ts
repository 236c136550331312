/** The daemons that run on this machine for this user, so that `skein ask` finds one without being told where. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import * as v from "valibot";
import { isAlive } from "./lock.ts";

const DaemonRecord = v.object({
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  api: v.pipe(v.string(), v.url()),
  dataDir: v.string(),
  name: v.string(),
  addresses: v.array(v.string()),
  startedAt: v.number(),
});

/** What a running daemon leaves for the other commands. It holds no secret. */
export type DaemonRecord = v.InferOutput<typeof DaemonRecord>;

/** Where Skein remembers what it runs. Below the home folder, where no other user can plant a record that would catch prompts. */
export function stateFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const explicit = env["SKEIN_STATE_DIR"];
  if (explicit !== undefined) return explicit;
  if (process.platform === "win32") return join(env["LOCALAPPDATA"] ?? homedir(), "skein");
  return join(env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "skein");
}

/** The folder of records. */
export function daemonsFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(stateFolder(env), "daemons");
}

/** Writes this daemon's record; the returned function takes it away again. */
export async function announceDaemon(record: DaemonRecord): Promise<() => Promise<void>> {
  const folder = daemonsFolder();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${record.pid}.json`);
  await writeFile(file, JSON.stringify(record), { mode: 0o600 });
  return () => rm(file, { force: true });
}

/** The records of daemons that are alive, the oldest first. Records of dead ones are swept out. */
export async function findDaemons(): Promise<DaemonRecord[]> {
  const folder = daemonsFolder();
  const names = await readdir(folder).catch(() => []);
  const records: DaemonRecord[] = [];
  for (const name of names.filter((name) => name.endsWith(".json"))) {
    const file = join(folder, name);
    const text = await readFile(file, "utf8").catch(() => "null");
    const parsed = v.safeParse(DaemonRecord, parseJson(text));
    if (parsed.success && await isAlive(parsed.output.pid)) records.push(parsed.output);
    else await rm(file, { force: true });
  }
  return records.sort((a, b) => a.startedAt - b.startedAt);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
