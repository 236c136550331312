/** A log file that stays bounded and private. */
import assert from "node:assert/strict";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { LogFile, logFiles, logFolder } from "../../runtime/host/mod.ts";
import { withFolder } from "../models/temporary.ts";

const bounds = { files: 3, bytes: 100 };

test("a log never takes more than its files, and the oldest lines are those that go", async () => {
  await withFolder(async (folder) => {
    const log = new LogFile(folder, bounds);
    for (let n = 0; n < 100; n++) assert.equal(log.write(`line ${String(n).padStart(3, "0")}`), true);
    log.close();
    const files = logFiles(folder);
    assert.equal(files.length, bounds.files);
    for (const file of files) assert.ok((await stat(file)).size <= bounds.bytes);
    const lines = (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("").trim().split("\n");
    const first = 100 - lines.length;
    assert.deepEqual(lines, lines.map((_, at) => `line ${String(first + at).padStart(3, "0")}`));
    assert.ok(lines.length > 2 * 10);
  });
});

test("a daemon that starts again goes on with the file, and others' files are left alone", async () => {
  await withFolder(async (folder) => {
    for (const line of ["before", "after"]) {
      const log = new LogFile(folder, { files: 1, bytes: 1000 });
      log.write(line);
      log.close();
    }
    await writeFile(join(logFolder(folder), "skein.log.old"), "mine");
    assert.equal(await readFile(logFiles(folder)[0] ?? "", "utf8"), "before\nafter\n");
    assert.equal(logFiles(folder).length, 1);
  });
});

test("a single file begins anew when it is full", async () => {
  await withFolder(async (folder) => {
    const log = new LogFile(folder, { files: 1, bytes: 10 });
    for (const line of ["one", "two", "three"]) log.write(line);
    log.close();
    assert.equal(await readFile(logFiles(folder)[0] ?? "", "utf8"), "three\n");
  });
});

test("nobody else can read it", { skip: process.platform === "win32" }, async () => {
  await withFolder(async (folder) => {
    const before = process.umask(0);
    try {
      const log = new LogFile(folder, bounds);
      log.write("one");
      log.close();
    } finally {
      process.umask(before);
    }
    assert.equal((await stat(logFolder(folder))).mode & 0o777, 0o700);
    assert.equal((await stat(logFiles(folder)[0] ?? "")).mode & 0o777, 0o600);
  });
});

test("what cannot be written is counted and does not throw, and the log goes on once it can", async () => {
  await withFolder(async (folder) => {
    await writeFile(logFolder(folder), "in the way");
    const log = new LogFile(folder, bounds);
    assert.notEqual(log.trouble, undefined);
    assert.equal(log.write("one"), false);
    assert.equal(log.lost, 1);
    await rm(logFolder(folder));
    assert.equal(log.write("two"), true);
    assert.deepEqual([log.lost, log.trouble], [0, undefined]);
    log.close();
  });
});
