/** A device's data folder: its identity, the mesh key, the block store and the record of the running daemon. */
import { chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { errorText } from "../error-text.ts";
import { FolderLockedError, lockFolder, unlockFolder } from "./lock.ts";

/** The data folder is unreadable, unwritable, malformed or in use. */
export class DataFolderError extends Error {
  override readonly name = "DataFolderError";
}

/** A data folder that this process has opened and locked. */
export interface DataFolder {
  readonly path: string;
  /** Where the block store lives. */
  readonly blocks: string;
  /** Reads a secret, or makes it with `create` and keeps it with mode 0600. */
  secret(name: SecretName, create: () => Uint8Array | Promise<Uint8Array>): Promise<Uint8Array>;
  /** Replaces a secret. */
  replaceSecret(name: SecretName, bytes: Uint8Array): Promise<void>;
  /** Reads a small text file, or undefined where there is none. */
  read(name: string): Promise<string | undefined>;
  /** Writes a small text file in one step with mode 0600. */
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Releases the lock. */
  close(): Promise<void>;
}

/**
 * `identity.key`: the device's private key. `mesh.key`: the key that all members share. `api.key`: what the API asks for;
 * `owner.key`: what it asks for to let devices in and put them out.
 */
export type SecretName = "identity.key" | "mesh.key" | "api.key" | "owner.key";

/** Where the platform keeps a program's data: XDG on Linux, Application Support on macOS, LOCALAPPDATA on Windows. */
export function defaultDataFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support", "skein");
  if (process.platform === "win32") return join(env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "skein");
  return join(env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), "skein");
}

/**
 * Opens (and makes, mode 0700) a data folder and locks it for this process.
 * @throws {DataFolderError} where it cannot be used, or another live daemon holds it.
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const folder = resolve(path);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    await lockFolder(folder);
  } catch (error) {
    throw explain(folder, error);
  }
  return {
    path: folder,
    blocks: join(folder, "blocks"),
    async secret(name, create) {
      try {
        const file = join(folder, name);
        const found = await readOptional(file);
        if (found !== undefined) {
          await chmod(file, 0o600);
          return new Uint8Array(found);
        }
        const made = await create();
        await writePrivate(file, made);
        return made;
      } catch (error) {
        throw explain(folder, error);
      }
    },
    replaceSecret: (name, bytes) => writePrivate(join(folder, name), bytes),
    read: async (name) => (await readOptional(join(folder, name)))?.toString("utf8"),
    write: (name, text) => writePrivate(join(folder, name), text),
    remove: (name) => rm(join(folder, name), { force: true }),
    close: () => unlockFolder(folder),
  };
}

async function readOptional(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Writes to a new name and renames, so that no reader ever sees half a file. File and folder are flushed: a power cut must
 * not leave an empty key behind, with which the device would be a stranger to its own mesh.
 */
async function writePrivate(file: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  try {
    const written = await open(temporary, "w", 0o600);
    try {
      await written.writeFile(content);
      await written.sync();
    } finally {
      await written.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  // Windows cannot flush a folder; there the rename itself must do.
  const folder = await open(dirname(file), "r").catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

function explain(folder: string, error: unknown): DataFolderError {
  if (error instanceof DataFolderError) return error;
  if (error instanceof FolderLockedError) return new DataFolderError(error.message, { cause: error });
  const reason = errorText(error);
  return new DataFolderError(
    `The data folder ${folder} cannot be used: ${reason}. Make it readable and writable for you, or choose another with --data-dir.`,
    { cause: error },
  );
}
