/** Who imports whom: the files of the project as a graph. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative } from "node:path";

/** One `import` or `export … from` of a file. */
export interface Import {
  readonly specifier: string;
  /** `import type` and `export type` are erased; a list of `type` names alone is not, and still loads the file. */
  readonly typeOnly: boolean;
}

/** Each file's path below the root, with "/", and what it imports. */
export type Graph = ReadonlyMap<string, readonly Import[]>;

const statement =
  /(?:^|\n)[ \t]*(?:import|export)\s+(type\s+(?!from\b|,))?[^"';]*?from\s+"([^"]+)"|\bimport\(\s*"([^"]+)"|(?:^|\n)[ \t]*import\s+"([^"]+)"/g;

/** Returns what a TypeScript file's text imports, in its order. A dynamic `import("…")` counts like any other. */
export function importsOf(text: string): Import[] {
  return [...text.matchAll(statement)].map((match) => ({
    specifier: match[2] ?? match[3] ?? match[4] ?? "",
    typeOnly: match[1] !== undefined,
  }));
}

/** Reads every TypeScript and JavaScript file below these folders of `root`. */
export function readGraph(root: string, folders: readonly string[]): Graph {
  const graph = new Map<string, Import[]>();
  for (const folder of folders) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !/\.[tj]s$/.test(path) || path.includes("node_modules")) continue;
      graph.set(relative(root, path).replaceAll("\\", "/"), importsOf(readFileSync(path, "utf8")));
    }
  }
  return graph;
}

/** Returns the file that `file` means by `specifier`, as a path below the root, or undefined if it means a package. */
export function resolveImport(file: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier) : undefined;
}
