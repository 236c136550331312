/** What people type to run this program where they are. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** "npx skein" in a clone, where npm has put it on no path; "skein" where it is installed. */
export function commandName(): string {
  const ofClone = fileURLToPath(new URL("../bin/skein.js", import.meta.url));
  return existsSync(ofClone) ? "npx skein" : "skein";
}
