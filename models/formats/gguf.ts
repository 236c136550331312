/** Opens GGUF files. */
import { type FileHandle, open } from "node:fs/promises";
import { type GgufHeader, type GgufMetadata, parseGgufHeader } from "./gguf-header.ts";
import { HeaderIncomplete, HeaderInvalid } from "./gguf-reader.ts";
import { adviceToFetchAgain, ModelFileError } from "./model-file-error.ts";
import type { ModelSource, SourceTensor } from "./model-source.ts";
import { readExactly } from "./read-exactly.ts";

// A vocabulary of 150,000 tokens with its merges takes about 9 MB.
const firstWindow = 4 * 1024 * 1024;
const largestWindow = 256 * 1024 * 1024;

/** An open GGUF file. */
export interface GgufFile extends ModelSource {
  readonly metadata: GgufMetadata;
}

/** Opens a GGUF file and reads its header. Throws ModelFileError when it is missing, damaged or not a GGUF file. */
export async function openGguf(path: string): Promise<GgufFile> {
  const file = await open(path, "r").catch((cause) => {
    throw new ModelFileError(path, "it cannot be opened", "Check that it exists and that you may read it.", { cause });
  });
  try {
    const { metadata, tensors } = await readHeader(file, path);
    return {
      path,
      metadata,
      tensors,
      read(tensor: SourceTensor, offset: number, length: number) {
        const place = tensors.get(tensor.name);
        if (place === undefined || offset < 0 || offset + length > place.bytes) {
          throw new RangeError(
            `Cannot read ${length} bytes at ${offset} of tensor "${tensor.name}": they are not in it`,
          );
        }
        return readExactly(file, path, place.start + offset, length);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readHeader(file: FileHandle, path: string): Promise<GgufHeader> {
  const { size } = await file.stat();
  for (let window = firstWindow;; window *= 4) {
    const bytes = await readExactly(file, path, 0, Math.min(window, size, largestWindow));
    try {
      return parseGgufHeader(bytes, size);
    } catch (error) {
      if (error instanceof HeaderInvalid) throw new ModelFileError(path, error.message, adviceToFetchAgain);
      if (!(error instanceof HeaderIncomplete)) throw error;
      if (bytes.length >= largestWindow) {
        throw new ModelFileError(path, `its header is larger than ${largestWindow} bytes`, adviceToFetchAgain);
      }
    }
  }
}
