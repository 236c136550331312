/** Bad input gets a clear sentence and an exit code or a 4xx, and daemons live on. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { launchDaemon } from "../../cli/launch.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { skein } from "./command.ts";

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "skein-bad-"));
  process.env["SKEIN_STATE_DIR"] = path;
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

const up = (folder: string, ...more: string[]) => {
  return skein([
    "up",
    "--api",
    "127.0.0.1:0",
    "--no-mdns",
    "--listen",
    "/ip4/127.0.0.1/tcp/0",
    "--data-dir",
    join(folder, "data"),
    ...more,
  ]);
};

test("a command that does not exist, an unknown option and a wrong value are used wrongly: exit code 2", async () => {
  const ran = await Promise.all([
    skein(["fly"]),
    skein(["up", "--wings"]),
    skein(["up", "--memory", "plenty"]),
    skein(["up", "--api", "0.0.0.0:80"]),
    skein(["ask", "--temperature", "hot", "hello"]),
    skein(["plan", "--split", "a"]),
  ]);
  assert.deepEqual(ran.map(({ code }) => code), [2, 2, 2, 2, 2, 2]);
  for (
    const [index, word] of [
      "fly",
      "--wings",
      "plenty",
      "--api-key",
      "hot",
      "DEVICE=BLOCKS",
    ].entries()
  ) {
    assert.match(ran[index]?.stderr ?? "", new RegExp(word));
  }
});

test(
  "a model that is missing, empty, no model or truncated ends up with a sentence and exit code 1",
  async () => {
    await using folder = await temporaryFolder();
    const whole = await readFile(builtinModelPath());
    await writeFile(join(folder.path, "empty.gguf"), "");
    await writeFile(
      join(folder.path, "text.gguf"),
      "This is not a model. ".repeat(50),
    );
    await writeFile(
      join(folder.path, "short.gguf"),
      whole.subarray(0, whole.length - 1000),
    );
    for (
      const [name, words] of [
        ["none", /no such file/],
        ["empty", /ends in the middle of its header/],
        ["text", /GGUF/],
        [
          "short",
          /truncated|ends|bytes/,
        ],
      ] as const
    ) {
      const { code, stderr } = await up(
        folder.path,
        "--model",
        join(folder.path, `${name}.gguf`),
      );
      assert.equal(code, 1, `${name}: ${stderr}`);
      assert.match(stderr, words);
      assert.doesNotMatch(stderr, /\n\s+at /, "a stack trace is no sentence");
    }
  },
);

test("an invite that is malformed is refused before anything starts", async () => {
  await using folder = await temporaryFolder();
  const { code, stderr } = await up(
    folder.path,
    "--join",
    "skein1-thisisnoinvite",
  );
  assert.equal(code, 1);
  assert.match(stderr, /invite/i);
});

test("a port in use, and a data folder that cannot be used, are said so", async () => {
  await using folder = await temporaryFolder();
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const taken = await skein([
    "up",
    "--no-mdns",
    "--data-dir",
    join(folder.path, "a"),
    "--api",
    `127.0.0.1:${port}`,
  ]);
  server.close();
  assert.equal(taken.code, 1);
  assert.match(
    taken.stderr,
    new RegExp(`127.0.0.1:${port}.*another port|choose another`, "i"),
  );
  const file = join(folder.path, "file");
  await writeFile(file, "");
  const unusable = await skein([
    "up",
    "--no-mdns",
    "--data-dir",
    file,
    "--api",
    "127.0.0.1:0",
  ]);
  assert.equal(unusable.code, 1);
  assert.match(unusable.stderr, /data folder/);
});

test("asking where no daemon runs says how to start one", async () => {
  await using _folder = await temporaryFolder();
  const { code, stderr } = await skein(["ask", "hello"]);
  assert.equal(code, 1);
  assert.match(stderr, /skein up/);
});

test(
  "a model too large for the mesh is refused with what is missing, and the daemon stays",
  async () => {
    await using folder = await temporaryFolder();
    const daemon = await launchDaemon([
      ...[
        "--model",
        builtinModelPath(),
        "--memory",
        "1MiB",
        "--data-dir",
        join(folder.path, "data"),
      ],
      ...[
        "--api",
        "127.0.0.1:0",
        "--no-mdns",
        "--listen",
        "/ip4/127.0.0.1/tcp/0",
      ],
    ]);
    try {
      const refused = new Promise<string>((resolve) => {
        daemon.onEvent((event) =>
          "reason" in event && /needs/.test(String(event.reason)) &&
          resolve(String(event.reason))
        );
      });
      assert.match(
        await Promise.race([refused, daemon.failed]),
        /Layer block 1 needs 2\.7 MiB.*offers 1\.0 MiB.*short.*more memory/,
      );
      const response = await fetch(`${daemon.ready.api}/healthz`);
      assert.deepEqual([
        response.status,
        (await response.json() as { ready: boolean }).ready,
      ], [200, false]);
    } finally {
      await daemon.stop();
    }
  },
);
