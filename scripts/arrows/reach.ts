/** What a file loads when it is imported, through any chain of imports. */
import { wayTo } from "./circles.ts";
import { type Graph, resolveImport } from "./graph.ts";

/** A package that is loaded, and the shortest chain of files to the one that imports it, the package last. */
export interface Reached {
  readonly specifier: string;
  readonly chain: readonly string[];
}

/** Returns each package that importing `entry` loads, with a chain to it; type imports load nothing. */
export function packagesReached(graph: Graph, entry: string): Reached[] {
  const from = new Map<string, string>();
  const queue = [entry];
  const reached = new Map<string, Reached>();
  for (const file of queue) {
    for (const { specifier, typeOnly } of graph.get(file) ?? []) {
      if (typeOnly) continue;
      const target = resolveImport(file, specifier);
      if (target === undefined) {
        if (!reached.has(specifier)) reached.set(specifier, { specifier, chain: [...wayTo(from, file), specifier] });
      } else if (target !== entry && !from.has(target)) {
        from.set(target, file);
        queue.push(target);
      }
    }
  }
  return [...reached.values()];
}
