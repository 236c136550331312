import { readdir, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";

/** Raise it when the compiler gives other graphs, weights or manifests for the same file. */
const compilerVersion = 3;

/**
 * A text that names an unchanged model file or folder and how it is compiled: path, name, sizes, times of change,
 * options and the compiler's version. `parts` are more files of a model that comes in several.
 */
export async function sourceKey(
  path: string,
  name: string,
  quantize: string,
  parts: readonly string[] = [],
): Promise<string> {
  const found = await stat(path);
  const names = found.isDirectory() ? (await readdir(path)).sort() : ["", ...parts];
  const files = await Promise.all(names.map(async (entry) => {
    const file = await stat(isAbsolute(entry) ? entry : join(path, entry)).catch(() => undefined);
    return [entry, file?.size, file?.mtimeMs];
  }));
  return JSON.stringify({ compilerVersion, path, name, quantize, files });
}
