/** Receives one blob into a file, and goes on where an earlier attempt was interrupted. */
import { createHash } from "node:crypto";
import { open, rm, stat } from "node:fs/promises";
import type { Blob } from "../manifest.ts";
import { publish, writeAll } from "./atomic-file.ts";
import { BlobBusyError, BlobMismatchError, type BlobWriter } from "./block-store.ts";
import { feedFile } from "./hash-file.ts";
import { explaining } from "./store-error.ts";

interface BlobWriterOptions {
  /** Where the complete blob is to appear. */
  readonly path: string;
  readonly blob: Blob;
  /** Hashes of the blobs that have an open writer, shared by all writers of a store. */
  readonly writing: Set<string>;
  readonly complete: () => Promise<boolean>;
}

/** Opens a writer, see `BlockStore.receive`. */
export async function openBlobWriter({ path, blob, writing, complete }: BlobWriterOptions): Promise<BlobWriter> {
  const { sha256, bytes: size } = blob;
  if (writing.has(sha256)) throw new BlobBusyError(blob);
  writing.add(sha256);
  try {
    if (await complete()) return completeWriter(blob, writing);
    const partial = `${path}.partial`;
    const hash = createHash("sha256");
    let offset = await stat(partial).then((found) => found.size, () => 0);
    if (offset > size) {
      await rm(partial);
      offset = 0;
    }
    if (offset > 0) await feedFile(partial, hash);
    // "a" would ignore positions; "r+" needs the file to be there.
    const file = await open(partial, offset > 0 ? "r+" : "w", 0o600);
    let closed = false;

    const close = async () => {
      if (closed) throw new Error(`Cannot go on writing the blob ${sha256}: its writer is closed`);
      closed = true;
      await file.close().finally(() => writing.delete(sha256));
    };
    const reject = async (problem: string) => {
      await close();
      await rm(partial, { force: true });
      return new BlobMismatchError(blob, problem);
    };
    return {
      get offset() {
        return offset;
      },
      async append(bytes) {
        if (closed) throw new Error(`Cannot append to the blob ${sha256}: its writer is closed`);
        if (offset + bytes.length > size) throw await reject(`more than its ${size} bytes came`);
        await explaining(partial, writeAll(file, bytes, offset));
        hash.update(bytes);
        offset += bytes.length;
      },
      async commit() {
        if (closed) throw new Error(`Cannot commit the blob ${sha256}: its writer is closed`);
        if (offset !== size) throw await reject(`${offset} of its ${size} bytes came`);
        const found = hash.digest("hex");
        if (found !== sha256) throw await reject(`the bytes that came have the hash ${found}`);
        await explaining(partial, file.sync());
        await close();
        await explaining(path, publish(partial, path));
      },
      async abandon() {
        if (!closed) await close();
      },
    };
  } catch (error) {
    writing.delete(sha256);
    throw error;
  }
}

function completeWriter(blob: Blob, writing: Set<string>): BlobWriter {
  const end = () => Promise.resolve(void writing.delete(blob.sha256));
  return {
    offset: blob.bytes,
    append: async (bytes) => {
      if (bytes.length > 0) throw new BlobMismatchError(blob, `more than its ${blob.bytes} bytes came`);
    },
    commit: end,
    abandon: end,
  };
}
