/** What a real daemon leaves behind: a log that tells what happened and no secret, and nothing after an uninstall. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { launchDaemon } from "../../cli/launch.ts";
import { launcherPath } from "../../cli/launcher-path.ts";
import type { Level } from "../../cli/log/entry.ts";
import { logFiles } from "../../runtime/host/mod.ts";
import { encodeBase32 } from "../../runtime/mesh/base32.ts";
import { withFolder } from "../models/temporary.ts";

const options = ["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns", "--threads", "1"];

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end. */
async function skein(...args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.env["SKEIN_NODE"] ?? "node", [launcherPath(), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => out += chunk);
  child.stderr.on("data", (chunk) => err += chunk);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, err };
}

/** All ways in which bytes may stand in a text. */
function writings(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes);
  const text = buffer.toString("latin1").trim();
  return [
    ...[buffer.toString("hex"), buffer.toString("base64"), buffer.toString("base64url"), encodeBase32(bytes)],
    ...[bytes.join(","), text],
  ].map((text) => text.toLowerCase());
}

/** All that is secret of a data folder. */
async function secretsOf(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".key"));
  return (await Promise.all(names.map(async (name) => writings(await readFile(join(folder, name)))))).flat();
}

test("the log tells what happened; neither it, nor the output, nor a command line has a key or an invite in it", async () => {
  await withFolder(async (folder) => {
    process.env["SKEIN_STATE_DIR"] = folder;
    const [first, second] = [join(folder, "a"), join(folder, "b")];
    const said: string[] = [];
    const a = await launchDaemon([...options, "--api-key", "--name", "a", "--data-dir", first, "--log-level", "debug"]);
    a.onEvent((event) => said.push(JSON.stringify(event)));
    const invite = await a.invite();
    const b = await launchDaemon([...options, "--name", "b", "--data-dir", second, "--log-level", "debug"], { invite });
    try {
      b.onEvent((event) => said.push(JSON.stringify(event)));
      said.push(JSON.stringify([a.ready, b.ready]));
      // It says of an invite that it was used: what it was must not be said.
      const again = await skein("up", ...options, "--data-dir", join(folder, "c"), "--join", invite);
      assert.equal(again.code, 1, again.err);
      const secrets = [
        ...await secretsOf(first),
        ...await secretsOf(second),
        invite.slice("skein2-".length).toLowerCase(),
      ];
      assert.ok(secrets.length > 30, `${secrets.length}`);
      const places: Record<string, string> = { output: said.join("\n"), refusal: again.out + again.err };
      for (const dataDir of [first, second, join(folder, "c")]) {
        for (const file of logFiles(dataDir)) places[file] = await readFile(file, "utf8");
      }
      if (process.platform === "linux") {
        for (const pid of [a.ready.pid, b.ready.pid]) {
          places[`process ${pid}`] = await readFile(`/proc/${pid}/cmdline`, "utf8");
        }
      }
      assert.ok(Object.keys(places).length >= 4, Object.keys(places).join());
      for (const [place, text] of Object.entries(places)) {
        for (const secret of secrets) assert.ok(!text.toLowerCase().includes(secret), `${place}: ${secret}`);
      }
    } finally {
      await b.stop();
      await a.stop();
    }
    const shown = await skein("logs", "--data-dir", first, "--json", "--level", "info");
    const entries = shown.out.trim().split("\n").map((line) => JSON.parse(line) as { level: Level; text: string });
    for (const text of [/^Skein .*: a \(/, /^b is here$/, /^stopped \(/]) {
      assert.ok(entries.some((entry) => text.test(entry.text)), `${text}\n${shown.out}`);
    }
    assert.ok(entries.every(({ level }) => level !== "debug"));
  });
});

test("a daemon that fails says why in its log", async () => {
  await withFolder(async (folder) => {
    const failed = await skein("up", ...options, "--data-dir", folder, "--model", join(folder, "none.gguf"));
    assert.equal(failed.code, 1);
    const { out } = await skein("logs", "--data-dir", folder, "--json", "--level", "error");
    assert.match(out, /"level":"error".*none\.gguf.*there is no such file or folder/);
  });
});

test("an uninstall stops the daemon and leaves nothing of it", async () => {
  await withFolder(async (folder) => {
    process.env["SKEIN_STATE_DIR"] = join(folder, "state");
    const dataDir = join(folder, "data");
    const daemon = await launchDaemon([...options, "--name", "a", "--data-dir", dataDir]);
    const ended = daemon.failed.catch(() => {});
    try {
      const { code, out, err } = await skein("uninstall", "--data-dir", dataDir, "--yes", "--json");
      assert.equal(code, 0, err);
      const report = JSON.parse(out) as { stopped: unknown; removed: { path: string }[] };
      assert.deepEqual(report.stopped, [{ name: "a", pid: daemon.ready.pid }]);
      assert.ok(report.removed.some(({ path }) => path === join(dataDir, "mesh.key")));
      await ended;
      assert.deepEqual((await readdir(folder)).filter((name) => name === "data"), []);
    } finally {
      await daemon.stop();
    }
  });
});
