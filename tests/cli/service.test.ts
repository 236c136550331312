/** What platforms are told to run in the background. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test, type TestContext } from "node:test";
import { launcherPath } from "../../cli/launcher-path.ts";
import { lineOf } from "../../cli/log/entry.ts";
import { absolutePaths } from "../../cli/service/absolute-paths.ts";
import { launchd } from "../../cli/service/launchd.ts";
import type { ServiceSpec } from "../../cli/service/manager.ts";
import { systemd } from "../../cli/service/systemd.ts";
import { taskScheduler } from "../../cli/service/task-scheduler.ts";
import { LogFile } from "../../runtime/host/mod.ts";
import { withFolder } from "../models/temporary.ts";

const spec: ServiceSpec = {
  command: ["/usr/bin/env", "/opt/my skein/bin/skein.js", "up", "--name", 'a "b" <c> & 100% $HOME \\'],
  environment: { NO_COLOR: "1", HF_HOME: "/data/100%" },
  home: "/home/me",
  env: {},
};

/** Runs a program; undefined where it is not there. */
function output(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; text: string } | undefined> {
  const child = spawn(program, args, { env: { ...process.env, ...env } });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => text += chunk);
  return new Promise((resolve) => {
    child.on("error", () => resolve(undefined));
    child.on("close", (code) => resolve({ code: code ?? 1, text }));
  });
}

test("a systemd unit restarts what fails, quotes what it runs, and systemd finds nothing wrong with it", async (t: TestContext) => {
  const { path, text } = systemd.file(spec);
  assert.equal(path, "/home/me/.config/systemd/user/skein.service");
  const elsewhere = systemd.file({ ...spec, env: { XDG_CONFIG_HOME: "/c" } });
  assert.equal(elsewhere.path, "/c/systemd/user/skein.service");
  assert.match(text, /^ExecStart="\/usr\/bin\/env" "\/opt\/my skein\/bin\/skein\.js" "up" "--name" /m);
  assert.ok(text.includes(String.raw`"a \"b\" <c> & 100%% $$HOME \\"`));
  assert.match(text, /^Environment="HF_HOME=\/data\/100%%"$/m);
  assert.match(text, /^Restart=on-failure$/m);
  // The daemon has a log of its own: the journal must not have it all once more.
  assert.match(text, /^StandardOutput=null$/m);
  await withFolder(async (folder) => {
    const file = join(folder, "skein.service");
    await writeFile(file, text);
    const verified = await output("systemd-analyze", ["--user", "verify", file], { XDG_RUNTIME_DIR: folder });
    if (verified === undefined) return t.skip("there is no systemd-analyze here");
    assert.deepEqual(verified, { code: 0, text: "" });
  });
});

test("a LaunchAgent and a Windows task hold the command, escaped", () => {
  const agent = launchd.file(spec);
  assert.equal(agent.path, "/home/me/Library/LaunchAgents/net.skein.daemon.plist");
  assert.ok(agent.text.includes('<string>a "b" &lt;c&gt; &amp; 100% $HOME \\</string>'));
  assert.match(agent.text, /<key>KeepAlive<\/key>\s+<dict>\s+<key>SuccessfulExit<\/key>\s+<false\/>/);
  assert.match(agent.text, /<key>StandardOutPath<\/key>\s+<string>\/dev\/null<\/string>/);
  const task = taskScheduler.file({ ...spec, env: { LOCALAPPDATA: "C:\\L" } });
  assert.match(task.path, /skein.service\.xml$/);
  assert.ok(task.text.includes(String.raw`"a \"b\" &lt;c&gt; &amp; 100% $HOME \\"</Arguments>`));
  assert.ok(task.text.includes("<RunLevel>LeastPrivilege</RunLevel>"));
});

test("paths that are relative to where the service is installed become absolute", () => {
  const at = (...args: string[]) => absolutePaths(args, "/here");
  assert.deepEqual(at("--model", "m.gguf", "--name", "m.gguf"), ["--model", "/here/m.gguf", "--name", "m.gguf"]);
  assert.deepEqual(at("--model=m.gguf", "--data-dir", "d"), ["--model=/here/m.gguf", "--data-dir", "/here/d"]);
  const others = ["--model", "builtin", "--model", "hf:a/b", "--model", "qwen3:4b", "--model=https://x.org/y.gguf"];
  assert.deepEqual(at(...others), others);
});

test("the service's log is that of the data folder it was installed with, wherever that is", async () => {
  await withFolder(async (folder) => {
    const [state, dataDir] = [join(folder, "state"), join(folder, "elsewhere")];
    await mkdir(state);
    await writeFile(join(state, "service.json"), JSON.stringify({ dataDir }));
    const args = [launcherPath(), "service", "logs", "--json"];
    const node = process.env["SKEIN_NODE"] ?? "node";
    const none = await output(node, args, { SKEIN_STATE_DIR: state });
    assert.match(`${none?.code} ${none?.text}`, /^1 .*It does not run now.*There is no log in .*elsewhere/s);
    const log = new LogFile(dataDir);
    log.write(lineOf({ at: 0, level: "warn", type: "peer", text: "board is gone" }));
    log.close();
    const some = await output(node, args, { SKEIN_STATE_DIR: state });
    assert.equal(some?.code, 0);
    assert.match(
      some?.text ?? "",
      /"at":"1970-01-01T00:00:00.000Z","level":"warn","type":"peer","text":"board is gone"/,
    );
  });
});
