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
import { builtinModelName, builtinModelPath } from "../../models/builtin/mod.ts";
import { skein } from "./command.ts";
import { complete, startLocalMesh } from "./local-mesh.ts";

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
      "loopback",
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

test(
  "requests that cannot be served get OpenAI's error shape, and the daemon answers the next one",
  async () => {
    await using mesh = await startLocalMesh(
      1,
      builtinModelPath(),
    );
    const post = async (
      path: string,
      body: unknown,
      headers: Record<string, string> = {},
    ) => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const response = await fetch(`${mesh.api(0)}${path}`, {
        method: "POST",
        body: text,
        headers,
      });
      const { error } = await response.json() as {
        error: {
          message: string;
          type: string;
          code: string;
          param: string | null;
        };
      };
      return { status: response.status, ...error };
    };
    const prompt = "Once";
    const cases: readonly (readonly [string, unknown, number, RegExp])[] = [
      ["/v1/completions", "{", 400, /not JSON/],
      ["/v1/completions", {}, 400, /"prompt"/],
      ["/v1/completions", { prompt, temperature: -1 }, 400, /temperature/],
      ["/v1/completions", { prompt, max_tokens: 0 }, 400, /"max_tokens"/],
      ["/v1/completions", { prompt, n: 2 }, 400, /"n"/],
      [
        "/v1/completions",
        { prompt: [1, 2, 99999] },
        400,
        /Token 99999 is outside/,
      ],
      [
        "/v1/completions",
        { prompt: "word ".repeat(600) },
        400,
        /context is 512/,
      ],
      [
        "/v1/completions",
        { prompt, model: "gpt-99" },
        404,
        new RegExp(`runs "${builtinModelName}"`),
      ],
      ["/v1/chat/completions", { messages: [] }, 400, /messages/],
      [
        "/v1/chat/completions",
        { messages: [{ role: "wizard", content: "hi" }] },
        400,
        /wizard/,
      ],
      ["/v1/embeddings", {}, 404, /There is no/],
      [
        "/skein/plan",
        { split: [{ device: "d0", blocks: 3 }] },
        409,
        /places 3 blocks; the model has 8/,
      ],
      [
        "/skein/plan",
        { split: [{ device: "nobody", blocks: 8 }] },
        409,
        /nobody/,
      ],
    ];
    for (const [path, body, status, words] of cases) {
      const answer = await post(path, body);
      assert.equal(
        answer.status,
        status,
        `${path} ${JSON.stringify(body).slice(0, 80)}: ${answer.message}`,
      );
      assert.match(answer.message, words);
      assert.equal(typeof answer.code, "string");
    }
    assert.equal(
      (await post("/v1/completions", { prompt }, {
        origin: "https://example.org",
      })).status,
      403,
    );
    assert.equal(
      (await post("/v1/completions", { prompt: "x".repeat(5_000_000) })).status,
      413,
    );
    const served = await complete(mesh.api(0), "Once upon a time", 5);
    assert.deepEqual([served.text.length > 0, served.finish], [true, "length"]);
  },
);

test("a prompt too large to travel gets 413 from every device alike, and kills none", async () => {
  await using mesh = await startLocalMesh(2, builtinModelPath());
  const { state } = await mesh.until(({ state }) => state.type === "active");
  assert.equal(
    state.type === "active" && state.plan.segments[0]?.name,
    "d0",
    "the second device has to send prompts on",
  );
  const half = "word ".repeat(150_000);
  const bodies: readonly (readonly [string, object])[] = [
    ["/v1/chat/completions", { messages: [half, half].map((content) => ({ role: "user", content })) }],
    ["/v1/completions", { prompt: "文".repeat(350_000) }],
    ["/v1/completions", { prompt: Array(200_000).fill(1) }],
  ];
  for (const index of [0, 1]) {
    for (const [path, body] of bodies) {
      const response = await fetch(`${mesh.api(index)}${path}`, { method: "POST", body: JSON.stringify(body) });
      const { error } = await response.json() as { error: { code: string; message: string } };
      assert.deepEqual([response.status, error.code], [413, "prompt_too_large"], `${path} at d${index}`);
      assert.match(error.message, /The prompt takes \d+ bytes; at most 524288/);
    }
    // The largest that travels is refused for the context that it does not fit, wherever it enters.
    const whole = await fetch(`${mesh.api(index)}/v1/completions`, {
      method: "POST",
      body: JSON.stringify({ prompt: "文".repeat(170_000) }),
    });
    const { error } = await whole.json() as { error: { code: string } };
    assert.deepEqual([whole.status, error.code], [400, "context_length_exceeded"]);
    assert.equal((await complete(mesh.api(index), "Once", 3)).finish, "length");
  }
});
