/** The model that chooses levels lies beside an elastic model's file: `NAME.chooser.onnx` beside `NAME.gguf`. */
import { readFile, stat } from "node:fs/promises";
import { ModelFileError } from "../formats/mod.ts";
import type { Elastic } from "../manifest.ts";
import type { BlockStore } from "../store/mod.ts";

/** Bytes of the largest chooser; the manifest's check has the same. */
const LARGEST = 2 ** 26;

/** The path of the chooser that lies beside a GGUF file (the first part of one in several); undefined where none does. */
export async function chooserBeside(path: string): Promise<string | undefined> {
  const beside = path.replace(/(?:-\d{5}-of-\d{5})?\.gguf$/i, "") + ".chooser.onnx";
  const found = await stat(beside).catch(() => undefined);
  if (found === undefined || !found.isFile()) return undefined;
  if (found.size > 0 && found.size <= LARGEST) return beside;
  throw new ModelFileError(
    beside,
    `it has ${found.size} bytes, and a chooser has 1 to ${LARGEST}`,
    "Fetch the file again, or remove it: then levels are chosen by their times alone.",
  );
}

/** Puts the chooser's file into the store, if there is one; what the manifest says of it. */
export async function addChooser(store: BlockStore, path: string | undefined): Promise<Pick<Elastic, "chooser">> {
  return path === undefined ? {} : { chooser: await store.add(await readFile(path)) };
}
