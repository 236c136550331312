/** Files that are either there completely or not at all, and readable by their owner only. */
import { chmod, type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { explained } from "./store-error.ts";

/** Makes a folder that only its owner may enter. */
export async function createFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
}

/** Creates a file that must not exist yet. */
export function createFile(path: string): Promise<FileHandle> {
  return open(path, "wx", 0o600);
}

/** Writes all of `bytes` at `offset`. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
  }
}

/** Gives a file that has been flushed its final name, and flushes the folder, so that a power cut cannot undo it. */
export async function publish(temporary: string, path: string): Promise<void> {
  await rename(temporary, path);
  // Windows cannot flush a folder; there the rename itself must do.
  const folder = await open(dirname(path), "r").catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** Replaces a JSON file. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.new`;
  const file = await createFile(temporary);
  try {
    await writeAll(file, new TextEncoder().encode(JSON.stringify(value)), 0);
    await file.sync();
    await file.close();
    await publish(temporary, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
    throw await explained(error, path);
  }
}
