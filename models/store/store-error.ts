/** What goes wrong with the folder of a store, in a sentence that says what to do. */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";

/** The disk or folder of a store does not take what is to be kept. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** What to throw for an error of writing to `path`: the error itself where there is nothing better to say. */
export async function explained(error: unknown, path: string): Promise<unknown> {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  // Deno gives some errors of the system without their code.
  const full = code === "ENOSPC" || code === "EDQUOT" || /os error (28|122)\b/.test(String(message));
  if (full) {
    const sentence = `The disk is full: ${dirname(path)} takes nothing more. ` +
      "Free some space there, or keep the data on another disk (--data-dir).";
    return new StoreError(sentence, { cause: error });
  }
  const inTheWay = await stat(path).then((found) => found.isDirectory(), () => false);
  if (!inTheWay) return error;
  return new StoreError(`There is a folder where a file of the store belongs: ${path}. Remove it.`, { cause: error });
}

/** What is done with `path`; where it fails, in a sentence. @throws {StoreError} or what `done` throws */
export async function explaining<T>(path: string, done: Promise<T>): Promise<T> {
  try {
    return await done;
  } catch (error) {
    throw await explained(error, path);
  }
}
