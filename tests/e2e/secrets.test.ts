/** Where an invite must not be found: in the command line of any process, which every user of a machine can read. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { launchDaemon } from "../../cli/launch.ts";
import { withFolder } from "../models/temporary.ts";

const launcher = fileURLToPath(new URL("../../bin/skein.js", import.meta.url));
const options = ["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns", "--threads", "1"];

/** Processes whose command lines hold a text. */
async function tellers(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes(text)) found.push(line.replaceAll("\0", " "));
  }
  return found;
}

/** Starts `skein up`, says what is to be said to it, waits until it is ready, and looks at all command lines. */
async function joinAndLook(folder: string, args: readonly string[], input: string, secret: string): Promise<void> {
  const own = [launcher, "up", "--json", ...options, "--data-dir", folder];
  const child = spawn(process.env["SKEIN_NODE"] ?? "node", [...own, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  try {
    child.stdin.end(input);
    const [ready] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), exited]);
    assert.match(String(ready), /"ready"/);
    assert.deepEqual(await tellers(secret), []);
  } finally {
    child.kill("SIGTERM");
    await exited;
  }
}

test("an invite is in no command line, however it is given", { skip: process.platform !== "linux" }, async () => {
  await withFolder(async (folder) => {
    process.env["SKEIN_STATE_DIR"] = folder;
    const first = await launchDaemon([...options, "--data-dir", join(folder, "a")]);
    try {
      const file = join(folder, "invite");
      const ways: ((invite: string) => { readonly args: readonly string[]; readonly input?: string })[] = [
        (invite) => ({ args: ["--join", "-"], input: `${invite}\n` }),
        () => ({ args: ["--join", file] }),
        (invite) => ({ args: ["--join", invite] }),
        (invite) => ({ args: [`--join=${invite}`] }),
      ];
      for (const [index, way] of ways.entries()) {
        const invite = await first.invite();
        await writeFile(file, invite);
        const { args, input = "" } = way(invite);
        await joinAndLook(join(folder, `joined-${index}`), args, input, invite.slice(12, 36));
      }
    } finally {
      await first.stop();
    }
  });
});
