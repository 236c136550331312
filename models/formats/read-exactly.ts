import type { FileHandle } from "node:fs/promises";
import { adviceToFetchAgain, ModelFileError } from "./model-file-error.ts";

/** Reads `length` bytes of an open file from `start` on; throws ModelFileError if it ends before. */
export async function readExactly(file: FileHandle, path: string, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) {
      throw new ModelFileError(
        path,
        `it ends at byte ${start + done}, ${length - done} bytes early`,
        adviceToFetchAgain,
      );
    }
    done += bytesRead;
  }
  return bytes;
}
