/** What people are told to type. */
import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { commandName } from "../../cli/command-name.ts";
import { withFolder } from "../models/temporary.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const SOURCES = ["actors", "bin", "cli", "models", "page", "plans", "runtime"];

test("only one function says npx skein, so that nobody is told to type it where Skein is installed", async () => {
  const saying: string[] = [];
  for (const folder of SOURCES) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      if (!/\.(ts|js|html)$/.test(name)) continue;
      if (/\bnpx skein/.test(await readFile(join(root, folder, name), "utf8"))) saying.push(join(folder, name));
    }
  }
  assert.deepEqual(saying, [join("cli", "command-name.ts")]);
});

test("in a clone it is npx skein, where it is installed skein", async () => {
  assert.equal(commandName(), "npx skein");
  await withFolder(async (folder) => {
    // As a package has it: bin/ beside lib/cli/.
    await mkdir(join(folder, "bin"));
    await writeFile(join(folder, "bin", "skein.js"), "");
    const installed = join(folder, "lib", "cli", "command-name.ts");
    await cp(join(root, "cli", "command-name.ts"), installed);
    const { commandName: there } = await import(pathToFileURL(installed).href);
    assert.equal(there(), "skein");
  });
});
