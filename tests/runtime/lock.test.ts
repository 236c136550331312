import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { FolderLockedError, lockFolder, unlockFolder } from "../../runtime/host/lock.ts";
import { withFolder } from "../models/temporary.ts";

const program = fileURLToPath(new URL("lock-main.ts", import.meta.url));
const runtime = "Deno" in globalThis ? ["run", "--allow-all", "--no-check"] : [];

function start(folder: string): ChildProcess {
  return spawn(process.execPath, [...runtime, program, folder], { stdio: ["pipe", "pipe", "inherit"] });
}

async function said(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout !== null);
  const [line] = await once(child.stdout, "data");
  return String(line).trim();
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

test("of daemons that start at once on the folder of a killed one, one gets it", async () => {
  await withFolder(async (folder) => {
    const first = start(folder);
    assert.equal(await said(first), "locked");
    await kill(first);
    for (let round = 0; round < 3; round++) {
      const children = Array.from({ length: 6 }, () => start(folder));
      const words = await Promise.all(children.map(said)).finally(() => Promise.all(children.map(kill)));
      assert.deepEqual(words.toSorted(), ["locked", ...Array(5).fill("refused")]);
    }
  });
});

test("a lock is refused while its holder lives, and free after it let go", async () => {
  await withFolder(async (folder) => {
    const holder = start(folder);
    try {
      assert.equal(await said(holder), "locked");
      await assert.rejects(lockFolder(folder), (error) => {
        return error instanceof FolderLockedError && error.message.includes(`process ${holder.pid}`);
      });
      await unlockFolder(folder);
      assert.equal(await readFile(join(folder, "daemon.pid"), "utf8"), String(holder.pid));
    } finally {
      await kill(holder);
    }
    await lockFolder(folder);
    assert.equal(await readFile(join(folder, "daemon.pid"), "utf8"), String(process.pid));
    await unlockFolder(folder);
    await lockFolder(folder);
  });
});

test("what crashes left is cleared away: nonsense, nothing, a clearing that never ended", async () => {
  for (const content of ["nonsense", ""]) {
    await withFolder(async (folder) => {
      await writeFile(join(folder, "daemon.pid"), content);
      await writeFile(join(folder, "daemon.pid.clearing"), content);
      await lockFolder(folder);
      assert.deepEqual(await readdir(folder), ["daemon.pid"]);
    });
  }
});
