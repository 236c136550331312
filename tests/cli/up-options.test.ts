/** What people tell `skein up`, before anything starts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandError } from "../../cli/command.ts";
import { readUpOptions } from "../../cli/up-options.ts";

test("without options a device joins nothing, offers nothing and serves as the usage says", () => {
  const { name, dataDir, ...options } = readUpOptions([]);
  assert.ok(name.length > 0 && dataDir.length > 0);
  assert.deepEqual(options, {
    api: { host: "127.0.0.1", port: 11411, keyed: false, origins: [] },
    mdns: true,
    slowdown: 1,
    takesUp: true,
    yes: false,
    balances: true,
    speculates: true,
    yields: true,
    quantize: "keep",
    policy: {
      objective: "latency",
      privateLayers: 0,
      privateHead: false,
      mirrors: "auto",
      only: [],
      exclude: [],
      trusted: [],
      context: 4096,
      concurrency: 16,
      prefixes: "on",
    },
    logLevel: "info",
    json: false,
  });
});

test("every option is read", () => {
  const options = readUpOptions([
    ...["--name", "board", "--data-dir", "/d", "--api", "[::1]:0", "--listen", "/ip4/0.0.0.0/tcp/1", "--no-mdns"],
    ...[
      "--memory",
      "2GiB",
      "--threads",
      "3",
      "--slowdown",
      "2",
      "--model",
      "m.gguf",
      "--yes",
      "--quantize",
      "4",
      "--json",
    ],
    ...[
      "--context",
      "512",
      "--concurrency",
      "2",
      "--cache-tokens",
      "900",
      "--prefix-cache",
      "off",
      "--objective",
      "throughput",
      "--solver",
      "linear",
    ],
    ...["--private-layers", "2", "--private-head", "--mirrors", "off", "--trusted", "a", "--only", "b", "--only", "c"],
    ...["--exclude", "d", "--join", "-", "--api-key", "--api-origin", "app://obsidian.md"],
    ...["--balance", "off", "--speculation", "off", "--no-yield", "--no-model", "--log-level", "debug"],
  ]);
  assert.deepEqual(options, {
    name: "board",
    dataDir: "/d",
    api: { host: "::1", port: 0, keyed: true, origins: ["app://obsidian.md"] },
    listen: ["/ip4/0.0.0.0/tcp/1"],
    mdns: false,
    memoryLimitBytes: 2 ** 31,
    threads: 3,
    slowdown: 2,
    balances: false,
    speculates: false,
    yields: false,
    model: "m.gguf",
    takesUp: false,
    yes: true,
    quantize: "4",
    policy: {
      objective: "throughput",
      solver: "linear",
      privateLayers: 2,
      privateHead: true,
      mirrors: "off",
      only: ["b", "c"],
      exclude: ["d"],
      trusted: ["a"],
      context: 512,
      concurrency: 2,
      cacheTokens: 900,
      prefixes: "off",
    },
    logLevel: "debug",
    json: true,
    join: "-",
  });
});

test("the API is offered on loopback alone, unless it asks for a key", () => {
  for (const text of ["localhost:80", "127.1.2.3:65535"]) assert.ok(readUpOptions(["--api", text]));
  for (const text of ["0.0.0.0:80", "192.168.1.2:80", "example.org:80"]) {
    assert.throws(() => readUpOptions(["--api", text]), (error) => {
      return error instanceof CommandError && error.exitCode === 2 &&
        error.message.includes(`${text} would let everybody`);
    });
    assert.equal(readUpOptions(["--api", text, "--api-key"]).api.keyed, true);
  }
});

test("what is out of range is named with what is allowed", () => {
  const wrong: readonly (readonly [string[], RegExp])[] = [
    [["--name", ""], /1 to 64 characters/],
    [["--quantize", "5"], /--quantize.*keep, 8, 4/],
    [["--objective", "fun"], /--objective.*latency/],
    [["--solver", "guess"], /--solver.*exact/],
    [["--context", "8"], /--context.*from 16/],
    [["--concurrency", "65"], /--concurrency.*to 64/],
    [["--cache-tokens", "8"], /--cache-tokens.*from 16/],
    [["--prefix-cache", "maybe"], /--prefix-cache.*on, off/],
    [["--api", "127.0.0.1"], /--api.*an address and a port/],
    [["--api", "127.0.0.1:65536"], /--api.*an address and a port/],
    [["--api-origin", "https://example.org/path"], /--api-origin.*without a path/],
    [["--balance", "maybe"], /--balance.*on, off/],
    [["--speculation", "maybe"], /--speculation.*on, off/],
    [["--slowdown", "0.5"], /--slowdown.*from 1/],
    [["--memory", "plenty"], /--memory.*2GiB/],
    [["--slo", "quick"], /--slo.*fast, balanced, full/],
  ];
  for (const [args, words] of wrong) {
    assert.throws(() => readUpOptions(args), (error) => {
      return error instanceof CommandError && error.exitCode === 2 && words.test(error.message);
    });
  }
});
