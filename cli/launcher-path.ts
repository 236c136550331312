/** Where the launcher lies, which starts other daemons. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The path of bin/skein.js: above cli/ in a clone, above lib/cli/ where Skein is installed from a package. */
export function launcherPath(): string {
  const [clone, installed] = ["../bin/skein.js", "../../bin/skein.js"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url))
  ) as [string, string];
  return existsSync(clone) ? clone : installed;
}
