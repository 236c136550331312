/** Opens GGUF files, also those that come in several parts. */
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { type GgufHeader, type GgufMetadata, type GgufTensor, parseGgufHeader } from "./gguf-header.ts";
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

/** One file of a model, and what is in it. */
interface Part {
  readonly path: string;
  readonly file: FileHandle;
  readonly header: GgufHeader;
}

type PlacedTensor = GgufTensor & { readonly part: Part };

/** The paths of a model's parts, by llama.cpp's naming `NAME-00001-of-00003.gguf`; of a model in one file its own. */
export function ggufParts(path: string): string[] {
  const [, name, , total] = path.match(/^(.*)-(\d{5})-of-(\d{5})\.gguf$/i) ?? [];
  if (name === undefined || total === undefined || Number(total) < 1) return [path];
  const ending = path.slice(-".gguf".length);
  return Array.from({ length: Number(total) }, (_, index) => {
    return `${name}-${String(index + 1).padStart(5, "0")}-of-${total}${ending}`;
  });
}

/**
 * Opens a GGUF file and reads its header; of a model in parts, by the path of any of them, all.
 * Throws ModelFileError when one is missing, damaged or not a GGUF file.
 */
export async function openGguf(path: string): Promise<GgufFile> {
  const parts: Part[] = [];
  const close = async () => {
    for (const { file } of parts) await file.close();
  };
  try {
    const paths = ggufParts(path);
    for (const each of paths) parts.push(await openPart(each, paths.length));
    const tensors = mergeTensors(parts);
    return {
      path,
      metadata: parts[0]?.header.metadata ?? {},
      tensors,
      read(tensor: SourceTensor, offset: number, length: number) {
        const place = tensors.get(tensor.name);
        if (place === undefined || offset < 0 || offset + length > place.bytes) {
          throw new RangeError(
            `Cannot read ${length} bytes at ${offset} of tensor "${tensor.name}": they are not in it`,
          );
        }
        const { part } = place;
        return readExactly(part.file, part.path, place.start + offset, length);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openPart(path: string, parts: number): Promise<Part> {
  const file = await open(path, "r").catch((cause) => {
    throw parts === 1
      ? new ModelFileError(path, "it cannot be opened", "Check that it exists and that you may read it.", { cause })
      : new ModelFileError(path, "it cannot be opened", `Put all ${parts} parts into the same folder.`, { cause });
  });
  try {
    const header = await readHeader(file, path);
    const count = header.metadata["split.count"] ?? 1;
    if (count !== parts && (parts > 1 || count !== 0)) {
      const problem = `it is a part of ${String(count)}, and by its name one of ${parts}`;
      throw new ModelFileError(path, problem, "Give the parts the names that they were published under.");
    }
    return { path, file, header };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function mergeTensors(parts: readonly Part[]): ReadonlyMap<string, PlacedTensor> {
  const tensors = new Map<string, PlacedTensor>();
  for (const part of parts) {
    for (const [name, tensor] of part.header.tensors) {
      if (tensors.has(name)) {
        throw new ModelFileError(part.path, `its tensor "${name}" is in another part too`, adviceToFetchAgain);
      }
      tensors.set(name, { ...tensor, part });
    }
  }
  const wanted = parts[0]?.header.metadata["split.tensors.count"];
  if (parts.length > 1 && wanted !== undefined && wanted !== tensors.size) {
    const problem = `its parts have ${tensors.size} tensors together; ${String(wanted)} were published`;
    throw new ModelFileError(basename(parts[0]?.path ?? ""), problem, adviceToFetchAgain);
  }
  return tensors;
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
