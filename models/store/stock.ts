/** What a store has on its disk, and letting go of it. */
import { readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { explaining } from "./store-error.ts";

/** A file of a store: a blob, or what came so far of one. */
export interface StoredFile {
  readonly sha256: string;
  readonly bytes: number;
  /** False for what came so far of a blob that is, or was, being received. */
  readonly complete: boolean;
}

/** What takes room in a store, for whoever looks after it. */
export interface Stock {
  /** All blobs and pieces, but for those that are being written, or belong to a model that is being compiled. */
  files(): Promise<readonly StoredFile[]>;
  /** Deletes a file, unless it has begun to be written since; whether it is gone. */
  discard(file: StoredFile): Promise<boolean>;
  /** Forgets a model, and from which file it came; its blobs stay. */
  forget(model: string): Promise<void>;
  /** When a model was compiled, fetched or last run here, milliseconds since 1970; undefined where it is not known here. */
  usedAt(model: string): Promise<number | undefined>;
  /** A model runs here. */
  touch(model: string, at: number): Promise<void>;
}

/** Where a store keeps what. */
export type Folders = Readonly<Record<"blobs" | "manifests" | "sources", string>>;

/** What the store is at, by SHA-256. */
export interface Underway {
  /** Blobs that have an open writer. */
  readonly writing: ReadonlySet<string>;
  /** Blobs that were added and are in no manifest yet. */
  readonly fresh: ReadonlySet<string>;
}

/** The stock of a store in these folders. */
export function fileStock({ blobs, manifests, sources }: Folders, { writing, fresh }: Underway): Stock {
  const isBusy = (sha256: string) => writing.has(sha256) || fresh.has(sha256);
  const manifestAt = (model: string) => join(manifests, `${model}.json`);
  return {
    async files() {
      const named = (await readdir(blobs)).flatMap((name) => {
        const [, sha256, piece] = /^([0-9a-f]{64})(\.partial)?$/.exec(name) ?? [];
        return sha256 === undefined || isBusy(sha256) ? [] : [{ name, sha256, complete: piece === undefined }];
      });
      const all = await Promise.all(named.map(async ({ name, sha256, complete }) => {
        const found = await stat(join(blobs, name)).catch(() => undefined);
        return found === undefined ? [] : [{ sha256, bytes: found.size, complete }];
      }));
      return all.flat();
    },
    async discard({ sha256, complete }) {
      if (isBusy(sha256)) return false;
      const path = join(blobs, complete ? sha256 : `${sha256}.partial`);
      await explaining(path, rm(path, { force: true }));
      return true;
    },
    async forget(model) {
      for (const name of await readdir(sources)) {
        const path = join(sources, name);
        if ((await readFile(path, "utf8").catch(() => "")).includes(`"${model}"`)) await rm(path, { force: true });
      }
      await rm(manifestAt(model), { force: true });
    },
    usedAt: (model) => stat(manifestAt(model)).then(({ mtimeMs }) => mtimeMs, () => undefined),
    // A model may have been removed since, and its place is for the next start to know.
    touch: (model, at) => utimes(manifestAt(model), at / 1000, at / 1000).catch(() => {}),
  };
}
