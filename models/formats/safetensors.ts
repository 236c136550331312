/** Opens Hugging Face folders: `config.json` and weights in safetensors, in one file or in shards. */
import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { adviceToFetchAgain, ModelFileError } from "./model-file-error.ts";
import type { ModelSource, SourceTensor } from "./model-source.ts";
import { readExactly } from "./read-exactly.ts";
import { type TensorType, typedBytes } from "./tensor-type.ts";

// safetensors itself refuses headers above 100 MB.
const limits = { headerBytes: 100_000_000, jsonBytes: 64 * 1024 * 1024, tensors: 65_536, shards: 1024 };
const readable: ReadonlySet<string> = new Set<TensorType>(["F32", "F16", "BF16"]);

/** An open model folder. */
export interface ModelFolder extends ModelSource {
  /** `config.json`, parsed and not looked into. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The folder's JSON file of this name, or undefined if it has none. */
  json(name: string): Promise<unknown>;
  /** The folder's text file of this name, or undefined if it has none. */
  text(name: string): Promise<string | undefined>;
  /** Paths of the weight files. */
  readonly files: readonly string[];
}

interface PlacedTensor extends SourceTensor {
  readonly file: FileHandle;
  readonly filePath: string;
  readonly start: number;
}

/** Opens a model folder. Throws ModelFileError when something is missing or damaged. */
export async function openModelFolder(path: string): Promise<ModelFolder> {
  const config = await readJson(path, "config.json");
  if (config === undefined) {
    throw new ModelFileError(
      path,
      "the folder has no config.json",
      "Choose a folder with config.json, tokenizer.json and model.safetensors, or a GGUF file.",
    );
  }
  if (!isRecord(config)) throw new ModelFileError(path, "its config.json is not an object", adviceToFetchAgain);
  const names = await weightFiles(path);
  const tensors = new Map<string, PlacedTensor>();
  const handles: FileHandle[] = [];
  const close = async () => void (await Promise.all(handles.map((handle) => handle.close())));
  try {
    for (const name of names) {
      const filePath = join(path, name);
      const file = await open(filePath, "r").catch((cause) => {
        throw new ModelFileError(path, `its ${name} cannot be opened`, adviceToFetchAgain, { cause });
      });
      handles.push(file);
      for (const tensor of await readHeader(file, filePath)) {
        if (tensors.has(tensor.name)) {
          throw new ModelFileError(path, `it has two tensors called "${tensor.name}"`, adviceToFetchAgain);
        }
        tensors.set(tensor.name, tensor);
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    path,
    config,
    tensors,
    files: names.map((name) => join(path, name)),
    json: (name) => readJson(path, name),
    text: (name) => readText(path, name),
    read({ name }, offset, length) {
      const place = tensors.get(name);
      if (place === undefined || offset < 0 || offset + length > place.bytes) {
        throw new RangeError(`Cannot read ${length} bytes at ${offset} of tensor "${name}": they are not in it`);
      }
      return readExactly(place.file, place.filePath, place.start + offset, length);
    },
    close,
  };
}

/** The names of the safetensors files, the index followed if there is one. */
async function weightFiles(folder: string): Promise<readonly string[]> {
  const index = await readJson(folder, "model.safetensors.index.json");
  if (index === undefined) {
    if (await stat(join(folder, "model.safetensors")).then((found) => found.isFile(), () => false)) {
      return ["model.safetensors"];
    }
    throw new ModelFileError(
      folder,
      "the folder has neither model.safetensors nor model.safetensors.index.json",
      "Fetch the weights as safetensors; pytorch_model.bin files cannot be used.",
    );
  }
  const map = isRecord(index) ? index["weight_map"] : undefined;
  const names = isRecord(map) ? [...new Set(Object.values(map))].sort() : [];
  if (names.length === 0 || names.length > limits.shards) {
    throw new ModelFileError(
      folder,
      `its model.safetensors.index.json names ${names.length} files`,
      adviceToFetchAgain,
    );
  }
  return names.map((name) => {
    // A name with a path in it could lead out of the folder.
    if (typeof name === "string" && /^[\w][\w.-]*\.safetensors$/.test(name)) return name;
    throw new ModelFileError(folder, `its index names the file ${JSON.stringify(name)}`, adviceToFetchAgain);
  });
}

async function readHeader(file: FileHandle, path: string): Promise<PlacedTensor[]> {
  const damaged = (problem: string) => new ModelFileError(path, problem, adviceToFetchAgain);
  const { size } = await file.stat();
  if (size < 8) throw damaged(`it has only ${size} bytes`);
  const prefix = await readExactly(file, path, 0, 8);
  const headerBytes = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (headerBytes > limits.headerBytes || 8 + headerBytes > size) {
    throw damaged(`its header would have ${headerBytes} bytes, but the file has ${size}`);
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(await readExactly(file, path, 8, headerBytes)));
  } catch (cause) {
    throw new ModelFileError(path, "its header is not JSON", adviceToFetchAgain, { cause });
  }
  if (!isRecord(header)) throw damaged("its header is not an object");
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  if (entries.length > limits.tensors) {
    throw damaged(`it claims ${entries.length} tensors; at most ${limits.tensors} are possible`);
  }
  const dataStart = 8 + headerBytes;
  return entries.map(([name, entry]) => {
    const { type, shape, start, end } = parseEntry(entry) ?? {};
    if (type === undefined || shape === undefined || start === undefined || end === undefined) {
      throw damaged(`its header's entry "${name}" is malformed`);
    }
    if (start > end || dataStart + end > size) {
      throw damaged(`the tensor "${name}" would end at byte ${dataStart + end}, but the file has ${size} bytes`);
    }
    const known = readable.has(type) ? type as TensorType : { unreadable: type };
    const elements = shape.reduce((product, length) => product * length, 1);
    if (typeof known === "string" && typedBytes(known, elements) !== end - start) {
      throw damaged(
        `the tensor "${name}" has ${end - start} bytes, which its shape [${shape.join(", ")}] in ${type} does not fill`,
      );
    }
    return { name, type: known, shape, bytes: end - start, file, filePath: path, start: dataStart + start };
  });
}

function parseEntry(entry: unknown): { type: string; shape: number[]; start: number; end: number } | undefined {
  if (!isRecord(entry)) return undefined;
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !isSizes(shape) || shape.length > 8 || !isSizes(offsets)) return undefined;
  const [start, end] = offsets;
  if (start === undefined || end === undefined || offsets.length !== 2) return undefined;
  return { type: dtype, shape, start, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function readText(folder: string, name: string): Promise<string | undefined> {
  const path = join(folder, name);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) return undefined;
  if (found.size > limits.jsonBytes) {
    throw new ModelFileError(
      folder,
      `its ${name} has ${found.size} bytes; at most ${limits.jsonBytes} are read`,
      adviceToFetchAgain,
    );
  }
  return await readFile(path, "utf8");
}

async function readJson(folder: string, name: string): Promise<unknown> {
  const text = await readText(folder, name);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelFileError(folder, `its ${name} is not JSON`, adviceToFetchAgain, { cause });
  }
}
