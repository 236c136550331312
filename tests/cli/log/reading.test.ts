/** A log as it is read while it is written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lineOf } from "../../../cli/log/entry.ts";
import { LogReader } from "../../../cli/log/reading.ts";
import { LogFile } from "../../../runtime/host/mod.ts";
import { withFolder } from "../../models/temporary.ts";

const line = (n: number, level: "info" | "warn" = "info") =>
  lineOf({ at: n, level, type: "trial", text: `entry ${n}` });
/** Of about ten lines. */
const bounds = { files: 4, bytes: 420 };

test("the latest entries of a level are found across files, the oldest first", async () => {
  await withFolder(async (folder) => {
    const file = new LogFile(folder, bounds);
    for (let n = 0; n < 30; n++) file.write(line(n, n % 5 === 0 ? "warn" : "info"));
    file.close();
    await using all = new LogReader(folder, "debug");
    assert.deepEqual((await all.latest(13)).map(({ at }) => at), Array.from({ length: 13 }, (_, n) => 17 + n));
    assert.deepEqual(await all.latest(0), []);
    await using warnings = new LogReader(folder, "warn");
    assert.deepEqual((await warnings.latest(3)).map(({ at }) => at), [15, 20, 25]);
  });
});

test("whoever follows gets each line once, also while the file steps back, and of a daemon that starts later", async () => {
  await withFolder(async (folder) => {
    await using reader = new LogReader(folder, "info");
    assert.deepEqual(await reader.latest(10), []);
    const leaving = new AbortController();
    const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(20_000)]);
    const file = new LogFile(folder, bounds);
    const seen: number[] = [];
    for (let n = 0; n < 3; n++) file.write(line(n));
    for await (const { at } of reader.follow(signal)) {
      seen.push(at);
      // Three more for each three: the file steps back while it is read.
      for (let n = 1; n <= 3 && at % 3 === 2 && at < 40; n++) file.write(line(at + n));
      if (at >= 40) leaving.abort();
    }
    file.close();
    assert.deepEqual(seen, Array.from({ length: 42 }, (_, n) => n));
  });
});
