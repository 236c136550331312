/** What an uninstall takes away, and what it leaves. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { isDataFolder, itemsOfData, itemsOfState } from "../../cli/uninstall/inventory.ts";
import { completionLines } from "../../cli/uninstall/traces.ts";
import { launcherPath } from "../../cli/launcher-path.ts";
import { withFolder } from "../models/temporary.ts";

const OWN = [
  ...["identity.key", "mesh.key", "owner.key", "charter.json", "mesh.key.123.new", "daemon.pid"],
  ...["logs/skein.log", "logs/skein.log.1", "trial/weights", "downloads/0123456789abcdef/m.gguf"],
  ...["blocks/blobs/aa", "blocks/manifests/bb.json", "blocks/sources/cc"],
];
const FOREIGN = ["notes.txt", "mesh.key.bak", "logs/diary.log", "downloads/holiday.jpg", "blocks/toys.txt", "portrait"];

async function fill(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), "12345");
  }
}

/** All files below a folder, by their paths in it. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
}

/** Runs `skein uninstall` with a home folder of its own. */
async function uninstall(home: string, args: readonly string[]): Promise<{ code: number | null; out: string }> {
  const env = {
    ...process.env,
    HOME: home,
    XDG_DATA_HOME: join(home, "share"),
    XDG_CONFIG_HOME: join(home, "config"),
    SKEIN_STATE_DIR: join(home, "state"),
  };
  const child = spawn(process.env["SKEIN_NODE"] ?? "node", [launcherPath(), "uninstall", ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  child.stdout.on("data", (chunk) => out += chunk);
  child.stderr.on("data", (chunk) => out += chunk);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out };
}

test("only what Skein has made is Skein's, also where its data folder holds other things", async () => {
  await withFolder(async (folder) => {
    assert.equal(await isDataFolder(folder), false);
    await fill(folder, [...OWN, ...FOREIGN]);
    assert.equal(await isDataFolder(folder), true);
    const paths = async (keepModels: boolean) => (await itemsOfData(folder, keepModels)).map(({ path }) => path);
    const covered = (await paths(false)).map((path) => path.slice(folder.length + 1));
    for (const name of OWN) assert.ok(covered.some((own) => name === own || name.startsWith(`${own}/`)), name);
    for (const name of FOREIGN) assert.ok(!covered.some((own) => name === own || name.startsWith(`${own}/`)), name);
    assert.ok((await paths(true)).every((path) => !/blocks|downloads/.test(path)));
    await fill(folder, ["daemons/1.json", "service.json", "else.json"]);
    assert.equal((await itemsOfState(folder)).length, 2);
  });
});

test("nothing is removed without a yes, and what is asked about is said; with it all goes, but for what is others'", {
  skip: process.platform === "win32",
}, async () => {
  await withFolder(async (home) => {
    const folder = process.platform === "darwin"
      ? join(home, "Library", "Application Support", "skein")
      : join(home, "share", "skein");
    const elsewhere = join(home, "elsewhere");
    await fill(folder, [...OWN, ...FOREIGN]);
    await fill(elsewhere, ["blob"]);
    await symlink(elsewhere, join(folder, "blocks", "blobs", "linked"));
    const before = await filesIn(folder);
    const asked = await uninstall(home, []);
    assert.equal(asked.code, 2, asked.out);
    assert.match(asked.out, /mesh\.key/);
    assert.match(asked.out, /add --yes/);
    assert.deepEqual(await filesIn(folder), before);

    const kept = await uninstall(home, ["--yes", "--keep-models"]);
    assert.equal(kept.code, 0, kept.out);
    const models = before.filter((name) => /^(blocks|downloads)\//.test(name));
    assert.deepEqual(await filesIn(folder), [...new Set([...models, ...FOREIGN])].sort());

    const all = await uninstall(home, ["--yes", "--json"]);
    assert.equal(all.code, 0, all.out);
    assert.deepEqual(await filesIn(folder), [...FOREIGN].sort());
    assert.deepEqual(await filesIn(elsewhere), ["blob"]);
    assert.match((await uninstall(home, ["--yes"])).out, /Nothing of Skein is here/);
  });
});

test("lines that ask for completions are named, not touched", async () => {
  await withFolder(async (home) => {
    await writeFile(join(home, ".bashrc"), '# skein completion\nalias x=y\neval "$(skein completion bash)"\n');
    assert.deepEqual(await completionLines(home), [`${join(home, ".bashrc")}:3`]);
  });
});
