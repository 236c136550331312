/** Before `npm test`: installs the clients in CI, and says elsewhere what it takes to try them. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const wanted = process.argv.includes("--always") || process.env["CI"] !== undefined;

if (wanted) {
  const words = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  const { status, error } = spawnSync("npm", words, {
    cwd: folder,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (error !== undefined || status !== 0) {
    console.log("tests/clients: the clients could not be installed, so they are not tried.");
    if (process.argv.includes("--always")) process.exitCode = 1;
  }
} else if (!existsSync(`${folder}node_modules`)) {
  console.log("tests/clients: the clients are not installed, so they are not tried. npm run test:clients does both.");
}
