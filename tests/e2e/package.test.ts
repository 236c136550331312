/** The package as people install it: packed, installed into an empty folder, run from there. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { withFolder } from "../models/temporary.ts";
import { workersAsJavaScript } from "../../scripts/package/workers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = process.env["SKEIN_NODE"] ?? "node";

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 180_000,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => stdout += chunk);
  child.stderr.on("data", (chunk) => stderr += chunk);
  const [code] = await once(child, "close") as [number | null];
  return { code, stdout, stderr };
}

test("threads of the package start from JavaScript", () => {
  const before = 'begin(new URL("./a-thread.ts", import.meta.url)); new URL("./a.gguf", import.meta.url); say("x.ts")';
  const after = 'begin(new URL("./a-thread.js", import.meta.url)); new URL("./a.gguf", import.meta.url); say("x.ts")';
  assert.equal(workersAsJavaScript(before), after);
});

test(
  "a package that is installed into an empty folder answers",
  { skip: process.platform === "win32" },
  async (t: TestContext) => {
    await withFolder(async (folder) => {
      const packed = await run("npm", ["pack", "--ignore-scripts=false", "--pack-destination", folder], {
        SKEIN_PACK_PLATFORMS: `${process.platform}-${process.arch}`,
      });
      assert.equal(packed.code, 0, packed.stderr);
      assert.ok(!(await readdir(root)).includes("lib"), "what was made for the package is gone again");
      const [tarball = ""] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
      const prefix = join(folder, "prefix");
      const args = ["install", "--global", "--prefix", prefix, "--prefer-offline", "--ignore-scripts", "--no-audit"];
      const installed = await run("npm", [...args, join(folder, tarball)]);
      if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED/.test(installed.stderr)) {
        return t.skip("npm does not reach its registry here");
      }
      assert.equal(installed.code, 0, installed.stderr);
      const skein = join(prefix, "bin", "skein");
      const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
      assert.deepEqual(await run(node, [skein, "--version"]), { code: 0, stdout: `${version}\n`, stderr: "" });
      await answers(skein, folder);
    });
  },
);

/** Starts a daemon with the built-in model and asks it. */
async function answers(skein: string, folder: string): Promise<void> {
  const env = { SKEIN_STATE_DIR: join(folder, "state") };
  const options = ["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns", "--threads", "1"];
  const own = ["up", "--json", "--model", "builtin", "--data-dir", join(folder, "data"), ...options];
  const daemon = spawn(node, [skein, ...own], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(daemon, "exit");
  try {
    const lines = createInterface({ input: daemon.stdout });
    const [first] = await Promise.race([once(lines, "line"), exited]) as [string];
    const { api } = JSON.parse(first) as { api: string };
    const asked = await run(node, [skein, "ask", "--api", api, "--max-tokens", "8", "Tell me a story"], env);
    assert.equal(asked.code, 0, asked.stderr);
    assert.match(asked.stdout, /\w+ \w+/);
    for (const path of ["/", "/page/main.js", "/page/vendor/marked.js"]) {
      const { status } = await fetch(`${api}${path}`);
      assert.equal(status, 200, path);
    }
  } finally {
    daemon.kill("SIGTERM");
    await exited;
  }
}
