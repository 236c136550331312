/** One daemon a data folder: a file with the daemon's process id, which a crash leaves behind and the next start clears away. */
import { randomUUID } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

/** Another daemon holds the folder. The message says which, and what to do. */
export class FolderLockedError extends Error {
  override readonly name = "FolderLockedError";
}

const LOCK = "daemon.pid";
/** Whoever has made this file may remove a lock that nobody holds; so no start can remove the fresh lock of another. */
const CLEARING = "daemon.pid.clearing";
/** Others clear for a few milliseconds. */
const WAIT_MILLISECONDS = 20;
const ATTEMPTS = 100;

/** Locks a folder for this process. @throws {FolderLockedError} where a live daemon has it. */
export async function lockFolder(folder: string): Promise<void> {
  const file = join(folder, LOCK);
  const clearing = join(folder, CLEARING);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await create(file)) return;
    const owner = await ownerOf(file);
    if (owner === undefined) continue;
    if (await isHeldBy(owner)) {
      throw new FolderLockedError(
        `The data folder ${folder} is in use by another daemon (process ${owner}). ` +
          `Stop that one, or give this one a folder of its own with --data-dir. ` +
          `If no such process runs, remove ${file}.`,
      );
    }
    if (await create(clearing)) {
      try {
        // Another start may have cleared it, and taken the folder, since this one looked.
        if (await ownerOf(file) === owner) await rm(file, { force: true });
      } finally {
        await rm(clearing, { force: true });
      }
    } else {
      const clearer = await ownerOf(clearing);
      // A crash in the middle of clearing left it.
      if (clearer !== undefined && !await isHeldBy(clearer)) await rm(clearing, { force: true });
      await delay(WAIT_MILLISECONDS);
    }
  }
  throw new FolderLockedError(
    `The data folder ${folder} could not be locked: another daemon is starting on it. Try again; ` +
      `if that does not help, and no daemon runs, remove ${file} and ${clearing}.`,
  );
}

/** Lets go of a folder, if it is this process that has locked it. */
export async function unlockFolder(folder: string): Promise<void> {
  const file = join(folder, LOCK);
  if (await ownerOf(file) === String(process.pid)) await rm(file, { force: true });
}

/** Whether `pid` runs and, where /proc tells, is a Skein daemon: a number that another program got since does not count. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process cannot be signalled, but it is there.
    if (codeOf(error) !== "EPERM") return false;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
  return command === undefined || /main\.[tj]s/.test(command);
}

/** Makes a file with this process's id, both in one step; false where there is one. */
async function create(file: string): Promise<boolean> {
  const own = `${file}.${process.pid}.${randomUUID()}`;
  await writeFile(own, String(process.pid), { mode: 0o600 });
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** What the file says whose it is; undefined where there is none. */
async function ownerOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether that is a live daemon; this process's own number is one of an earlier life, in a container say. */
async function isHeldBy(owner: string): Promise<boolean> {
  const pid = Number(owner);
  return Number.isInteger(pid) && pid > 0 && pid !== process.pid && await isAlive(pid);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
