import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDataFolder } from "../../runtime/host/mod.ts";

test("a secret is made once, private, replaced as a whole, and leaves nothing beside it", async () => {
  const path = await mkdtemp(join(tmpdir(), "skein-folder-"));
  try {
    const folder = await openDataFolder(path);
    let made = 0;
    const create = () => Uint8Array.of(++made);
    assert.deepEqual(await folder.secret("mesh.key", create), Uint8Array.of(1));
    assert.deepEqual(await folder.secret("mesh.key", create), Uint8Array.of(1));
    await folder.replaceSecret("mesh.key", Uint8Array.of(7, 7));
    assert.deepEqual(new Uint8Array(await readFile(join(path, "mesh.key"))), Uint8Array.of(7, 7));
    if (process.platform !== "win32") assert.equal((await stat(join(path, "mesh.key"))).mode & 0o777, 0o600);
    await folder.close();
    assert.deepEqual(await readdir(path), ["mesh.key"]);
  } finally {
    await rm(path, { recursive: true });
  }
});
