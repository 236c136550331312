/** Folders and files for tests. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Runs `action` with a folder that is removed afterwards. */
export async function withFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "skein-test-"));
  try {
    return await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const shared = fileURLToPath(new URL("../../../shared/models/", import.meta.url));

/** The path of a file among the shared test models. */
export function sharedModel(name: string): string {
  return join(shared, name);
}

/** What `skip` of a test wants: false if the shared test models are there, else the reason. */
export const withoutSharedModels: false | string = existsSync(join(shared, "references.json"))
  ? false
  : "the folder ../shared/models with the test models is not there";
