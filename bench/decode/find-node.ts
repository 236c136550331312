/** Finds a Node that can run daemons. */
import { execFileSync } from "node:child_process";

/** Returns the path of a Node 24 or newer: the one on the path, else npm's; undefined where there is none. */
export function findNode(): string | undefined {
  const print = [
    "-e",
    "console.log(process.versions.node.split('.')[0], process.execPath)",
  ];
  for (
    const [program, ...before] of [["node"], [
      "npx",
      "--yes",
      "node@24",
    ]] as const
  ) {
    try {
      const said = execFileSync(program, [...before, ...print], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      const [, major, path] = said.match(/^(\d+) (.+)$/m) ?? [];
      if (path !== undefined && Number(major) >= 24) return path;
    } catch {
      // Not installed, or no registry: the next one.
    }
  }
  return undefined;
}
