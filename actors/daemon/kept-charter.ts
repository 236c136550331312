/** The charter as it lies on disk, unchecked: who goes on by it asks who signed it, who only spares what it names need not. */
import * as v from "valibot";
import type { DataFolder } from "../../runtime/host/mod.ts";
import { KeptCharter, readCharter } from "../charter.ts";

/** In the data folder. */
export const CHARTER_FILE = "charter.json";
/** Characters of the file: a charter, and who has which blocks of 16 models. */
const MAX_LENGTH = 4 * 1024 * 1024;

/** What is kept, if a charter can be read from it. */
export async function keptIn(folder: Pick<DataFolder, "read">): Promise<KeptCharter | undefined> {
  const text = await folder.read(CHARTER_FILE);
  if (text === undefined || text.length > MAX_LENGTH) return undefined;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), KeptCharter), text);
  if (!parsed.success) return undefined;
  try {
    readCharter(parsed.output.charter);
    return parsed.output;
  } catch {
    return undefined;
  }
}

/** Ids of the models that the mesh is to serve. */
export async function charteredIn(folder: Pick<DataFolder, "read">): Promise<ReadonlySet<string>> {
  const kept = await keptIn(folder);
  return new Set(kept === undefined ? [] : readCharter(kept.charter).models.map(({ id }) => id));
}
