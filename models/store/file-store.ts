/**
 * A block store in a folder of files:
 *
 * ```
 * blobs/<sha256>           a complete blob
 * blobs/<sha256>.partial   what came so far of a blob that is being received
 * blobs/<random>.new       a blob that is being added
 * manifests/<id>.json
 * sources/<sha256>.json    the manifest id that a model file compiled to
 * ```
 *
 * Everything is written under another name, flushed, and renamed, so that a name without ending is always complete.
 * One process at a time uses a folder.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Blob, Manifest } from "../manifest.ts";
import { manifestBlobs } from "../manifest-blobs.ts";
import { validateManifest } from "../validate-manifest.ts";
import { createFile, createFolder, publish, writeAll, writeJson } from "./atomic-file.ts";
import { BlobMissingError, type BlobWriter, type BlockStore } from "./block-store.ts";
import { hashFile } from "./hash-file.ts";
import { openBlobWriter } from "./file-blob-writer.ts";
import { fileStock, type Folders, type Stock } from "./stock.ts";
import { explained, explaining } from "./store-error.ts";

// A manifest of a thousand blocks takes less than a megabyte.
const largestJson = 16 * 1024 * 1024;

/** Opens the store in `folder`, which is made (0700) if it is not there, and clears what a killed process left half added. */
export async function openBlockStore(folder: string): Promise<BlockStore> {
  const folders = {
    blobs: join(folder, "blobs"),
    manifests: join(folder, "manifests"),
    sources: join(folder, "sources"),
  };
  for (const path of [folder, ...Object.values(folders)]) await createFolder(path);
  for (const path of Object.values(folders)) await removeUnfinished(path);
  return new FileStore(folders);
}

class FileStore implements BlockStore {
  readonly #folders: Folders;
  /** Paths of the blobs that are being received. */
  readonly #writing = new Set<string>();
  /** Blobs that were added and that no manifest names yet: those of a model that is being compiled. */
  readonly #fresh = new Set<string>();
  readonly stock: Stock;

  constructor(folders: Folders) {
    this.#folders = folders;
    this.stock = fileStock(folders, { writing: this.#writing, fresh: this.#fresh });
  }

  async has(blob: Blob): Promise<boolean> {
    const found = await stat(this.path(blob)).catch(() => undefined);
    return found?.isFile() === true && found.size === blob.bytes;
  }

  path(blob: Blob): string {
    return join(this.#folders.blobs, checkedHash(blob.sha256));
  }

  async read(blob: Blob, offset: number, length: number): Promise<Uint8Array> {
    if (!(offset >= 0 && length >= 0 && offset + length <= blob.bytes)) {
      throw new RangeError(`Cannot read ${length} bytes at ${offset} of blob ${blob.sha256}: it has ${blob.bytes}`);
    }
    const file = await open(this.path(blob), "r").catch((cause) => {
      throw new BlobMissingError(blob, { cause });
    });
    try {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) throw new BlobMissingError(blob, { cause: new Error("the file is too short") });
        done += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  }

  receive(blob: Blob): Promise<BlobWriter> {
    const path = this.path(blob);
    return openBlobWriter({ path, blob, writing: this.#writing, complete: () => this.has(blob) });
  }

  async add(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<Blob> {
    const temporary = join(this.#folders.blobs, `${crypto.randomUUID()}.new`);
    let path = temporary;
    const file = await explaining(temporary, createFile(temporary));
    try {
      const blob = await writeHashed(file, content);
      path = this.path(blob);
      this.#fresh.add(blob.sha256);
      await file.sync();
      await file.close();
      await publish(temporary, path);
      return blob;
    } catch (error) {
      await file.close().catch(() => {});
      await rm(temporary, { force: true });
      throw await explained(error, path);
    }
  }

  async verify(blob: Blob): Promise<boolean> {
    const path = this.path(blob);
    if (await this.has(blob) && await hashFile(path) === blob.sha256) return true;
    await explaining(path, rm(path, { force: true }));
    return false;
  }

  async putManifest(manifest: Manifest): Promise<void> {
    await writeJson(this.#manifestPath(manifest.id), manifest);
    for (const { sha256 } of manifestBlobs(manifest)) this.#fresh.delete(sha256);
  }

  async manifest(id: string): Promise<Manifest | undefined> {
    return parseManifest(await readJson(this.#manifestPath(id)), id);
  }

  async manifests(): Promise<readonly Manifest[]> {
    const names = (await readdir(this.#folders.manifests)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
    const all = await Promise.all(names.map((name) => this.manifest(name.slice(0, 64))));
    return all.filter((one) => one !== undefined).sort((a, b) =>
      a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1)
    );
  }

  async rememberSource(source: string, { id }: Manifest): Promise<void> {
    await writeJson(this.#sourcePath(source), { id });
  }

  async compiledSource(source: string): Promise<Manifest | undefined> {
    const found = await readJson(this.#sourcePath(source));
    const id = typeof found === "object" && found !== null && "id" in found ? found.id : undefined;
    if (typeof id !== "string" || !isHash(id)) return undefined;
    const known = await this.manifest(id);
    if (known === undefined) return undefined;
    const present = await Promise.all(manifestBlobs(known).map((blob) => this.has(blob)));
    return present.every(Boolean) ? known : undefined;
  }

  #manifestPath(id: string): string {
    return join(this.#folders.manifests, `${checkedHash(id)}.json`);
  }

  #sourcePath(source: string): string {
    return join(this.#folders.sources, `${createHash("sha256").update(source).digest("hex")}.json`);
  }
}

/** Writes all of `content` from the file's start on and says which blob that makes. */
async function writeHashed(file: FileHandle, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<Blob> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of content instanceof Uint8Array ? [content] : content) {
    hash.update(piece);
    await writeAll(file, piece, bytes);
    bytes += piece.length;
  }
  return { sha256: hash.digest("hex"), bytes };
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** Hashes become file names: anything else could lead out of the folder. */
function checkedHash(hash: string): string {
  if (isHash(hash)) return hash;
  throw new RangeError(
    `Cannot use "${String(hash).slice(0, 80)}" as a hash: it must be 64 lower-case hexadecimal digits`,
  );
}

async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (name.endsWith(".new")) await rm(join(folder, name), { force: true });
}

async function readJson(path: string): Promise<unknown> {
  try {
    if ((await stat(path)).size > largestJson) return undefined;
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}

function parseManifest(value: unknown, id: string): Manifest | undefined {
  try {
    const manifest = validateManifest(value);
    return manifest.id === id ? manifest : undefined;
  } catch {
    return undefined;
  }
}
