/** One daemon a data folder: a file with the daemon's process id, which a crash leaves behind and the next start clears away. */
import { open, readFile, rm, stat } from "node:fs/promises";
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
/** A file of these two that is still empty, or a clearing that still goes on, after so long was left by a crash. */
const LEFT_BEHIND_MILLISECONDS = 5000;
const WAIT_MILLISECONDS = 20;
const ATTEMPTS = 2 * LEFT_BEHIND_MILLISECONDS / WAIT_MILLISECONDS;

/** Locks a folder for this process. @throws {FolderLockedError} where a live daemon has it. */
export async function lockFolder(folder: string): Promise<void> {
  const file = join(folder, LOCK);
  const clearing = join(folder, CLEARING);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await create(file)) return;
    if (!await isFree(folder, file)) {
      await delay(WAIT_MILLISECONDS);
      continue;
    }
    if (await create(clearing)) {
      try {
        // It may have been cleared, and taken, since this start looked.
        if (await isFree(folder, file)) await rm(file, { force: true });
      } finally {
        await rm(clearing, { force: true });
      }
    } else {
      if (await age(clearing) > LEFT_BEHIND_MILLISECONDS) await rm(clearing, { force: true });
      await delay(WAIT_MILLISECONDS);
    }
  }
  throw new FolderLockedError(
    `The data folder ${folder} could not be locked: another daemon is starting on it. Try again.`,
  );
}

/** Lets go of a folder that this process has locked. */
export async function unlockFolder(folder: string): Promise<void> {
  await rm(join(folder, LOCK), { force: true });
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
  return command === undefined || command.includes("main.ts");
}

/** Makes a file with this process's id; false where there is one. */
async function create(file: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx", 0o600);
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Whether nobody holds the lock any more. @throws {FolderLockedError} where somebody does. */
async function isFree(folder: string, file: string): Promise<boolean> {
  const content = await readFile(file, "utf8").catch((error) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (content === undefined) return true;
  // Its maker is about to write its number.
  if (content === "") return await age(file) > LEFT_BEHIND_MILLISECONDS;
  const owner = Number(content);
  // This process's own number is one of an earlier life, in a container say.
  if (!(owner > 0) || owner === process.pid || !await isAlive(owner)) return true;
  throw new FolderLockedError(
    `The data folder ${folder} is in use by another daemon (process ${owner}). ` +
      `Stop that one, or give this one a folder of its own with --data-dir. ` +
      `If no such process runs, remove ${file}.`,
  );
}

/** Milliseconds since a file was written; 0 where there is none. */
async function age(file: string): Promise<number> {
  try {
    return Date.now() - (await stat(file)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return 0;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
