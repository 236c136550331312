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
import { open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Blob, Manifest } from "../manifest.ts";
import { manifestBlobs } from "../manifest-blobs.ts";
import { validateManifest } from "../validate-manifest.ts";
import { createFile, createFolder, publish, writeAll, writeJson } from "./atomic-file.ts";
import { BlobMissingError, type BlobWriter, type BlockStore } from "./block-store.ts";
import { hashFile } from "./hash-file.ts";
import { openBlobWriter } from "./file-blob-writer.ts";

// A manifest of a thousand blocks takes less than a megabyte.
const largestJson = 16 * 1024 * 1024;

/** Opens the store in `folder`, which is made (0700) if it is not there, and clears what a killed process left half added. */
export async function openBlockStore(folder: string): Promise<BlockStore> {
  const blobs = join(folder, "blobs");
  const manifests = join(folder, "manifests");
  const sources = join(folder, "sources");
  for (const path of [folder, blobs, manifests, sources]) await createFolder(path);
  for (const path of [blobs, manifests, sources]) await removeUnfinished(path);
  const writing = new Set<string>();

  const blobPath = (blob: Blob) => join(blobs, checkedHash(blob.sha256));
  const has = async (blob: Blob) => {
    const found = await stat(blobPath(blob)).catch(() => undefined);
    return found?.isFile() === true && found.size === blob.bytes;
  };
  const manifest = async (id: string) => {
    const found = await readJson(join(manifests, `${checkedHash(id)}.json`));
    return parseManifest(found, id);
  };
  const sourcePath = (source: string) => join(sources, `${createHash("sha256").update(source).digest("hex")}.json`);

  return {
    has,
    path: blobPath,
    manifest,
    async read(blob, offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= blob.bytes)) {
        throw new RangeError(`Cannot read ${length} bytes at ${offset} of blob ${blob.sha256}: it has ${blob.bytes}`);
      }
      const file = await open(blobPath(blob), "r").catch((cause) => {
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
    },
    receive: (blob): Promise<BlobWriter> =>
      openBlobWriter({ path: blobPath(blob), blob, writing, complete: () => has(blob) }),
    async add(content) {
      const temporary = join(blobs, `${crypto.randomUUID()}.new`);
      const file = await createFile(temporary);
      const hash = createHash("sha256");
      let bytes = 0;
      try {
        for await (const piece of content instanceof Uint8Array ? [content] : content) {
          hash.update(piece);
          await writeAll(file, piece, bytes);
          bytes += piece.length;
        }
        await file.sync();
        await file.close();
        const blob = { sha256: hash.digest("hex"), bytes };
        await publish(temporary, blobPath(blob));
        return blob;
      } catch (error) {
        await file.close().catch(() => {});
        await rm(temporary, { force: true });
        throw error;
      }
    },
    async verify(blob) {
      if (await has(blob) && await hashFile(blobPath(blob)) === blob.sha256) return true;
      await rm(blobPath(blob), { force: true });
      return false;
    },
    async putManifest(manifest) {
      await writeJson(join(manifests, `${checkedHash(manifest.id)}.json`), manifest);
    },
    async manifests() {
      const names = (await readdir(manifests)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
      const all = await Promise.all(names.map((name) => manifest(name.slice(0, 64))));
      return all.filter((one) => one !== undefined).sort((a, b) =>
        a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1)
      );
    },
    async rememberSource(source, { id }) {
      await writeJson(sourcePath(source), { id });
    },
    async compiledSource(source) {
      const found = await readJson(sourcePath(source));
      const id = typeof found === "object" && found !== null && "id" in found ? found.id : undefined;
      if (typeof id !== "string" || !isHash(id)) return undefined;
      const known = await manifest(id);
      if (known === undefined) return undefined;
      const present = await Promise.all(manifestBlobs(known).map(has));
      return present.every(Boolean) ? known : undefined;
    },
  };
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
