/** The daemon's process and its launcher. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { test } from "node:test";
import { launchDaemon } from "../../cli/launch.ts";
import { withFolder } from "../models/temporary.ts";

const GONE_MILLISECONDS = 15_000;

async function runs(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // One that has ended is still there until its new parent has asked for it.
  const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return !/\) Z /.test(state);
}

test("a daemon does not outlive a launcher that was killed", async () => {
  await withFolder(async (folder) => {
    process.env["SKEIN_STATE_DIR"] = folder;
    const options = ["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns", "--data-dir"];
    const daemon = await launchDaemon([...options, `${folder}/data`]);
    assert.ok(await runs(daemon.ready.pid));
    process.kill(daemon.pid, "SIGKILL");
    await assert.rejects(daemon.failed);
    const deadline = Date.now() + GONE_MILLISECONDS;
    while (await runs(daemon.ready.pid)) {
      if (Date.now() > deadline) {
        process.kill(daemon.ready.pid, "SIGKILL");
        assert.fail("the daemon was still there");
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
});
