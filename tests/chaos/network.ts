/** A network of this machine alone that can be split, cut and impaired: a namespace a device, joined by bridges. Linux, root. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Place } from "../e2e/local-mesh.ts";

/** Each namespace has its own loopback, so every daemon's API may have the same port. */
const API_PORT = 11411;
const MESH_PORT = 4001;

export interface Network extends AsyncDisposable {
  /** Where each device runs. */
  readonly places: readonly Place[];
  /** Leaves connections only within each group. */
  split(...groups: readonly (readonly number[])[]): void;
  /** Connects all again. */
  heal(): void;
  /** Takes a device's cable out, or puts it back. */
  cable(device: number, plugged: boolean): void;
  /** Delays and loses packets of a device, by the words of `tc netem`. */
  impair(device: number, ...words: readonly string[]): void;
}

/** Why there can be no such network here; undefined where there can. */
export function networkLacks(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "network namespaces need root on Linux";
  const name = `skein-${process.pid}-try`;
  const made = spawnSync("ip", ["netns", "add", name]).status === 0;
  if (made) spawnSync("ip", ["netns", "delete", name]);
  return made ? undefined : "ip cannot make network namespaces here";
}

/** Why packets cannot be lost here; undefined where they can. */
export function impairmentLacks(): string | undefined {
  const lacking = networkLacks();
  if (lacking !== undefined) return lacking;
  const name = `skein-${process.pid}-try`;
  spawnSync("ip", ["netns", "add", name]);
  const { status } = spawnSync("tc", ["-n", name, "qdisc", "add", "dev", "lo", "root", "netem", "loss", "1%"]);
  spawnSync("ip", ["netns", "delete", name]);
  return status === 0 ? undefined : "tc has no netem here";
}

/** Makes a network for so many devices. What has been made is removed again where something fails. */
export async function startNetwork(devices: number): Promise<Network> {
  await using made = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "skein-network-"));
  made.defer(() => rm(folder, { recursive: true, force: true }));
  const prefix = `skein-${process.pid}`;
  const hub = namespace(`${prefix}-hub`, made);
  const bridges = Array.from({ length: devices }, (_, index) => `bridge${index}`);
  for (const bridge of bridges) {
    ip("-n", hub, "link", "add", bridge, "type", "bridge");
    ip("-n", hub, "link", "set", bridge, "up");
  }
  const places: Place[] = [];
  for (let index = 0; index < devices; index++) {
    const own = namespace(`${prefix}-${index}`, made);
    const address = `10.91.0.${index + 1}`;
    ip("link", "add", "mesh", "netns", own, "type", "veth", "peer", "name", `port${index}`, "netns", hub);
    ip("-n", own, "address", "add", `${address}/24`, "dev", "mesh");
    ip("-n", own, "link", "set", "mesh", "up");
    ip("-n", hub, "link", "set", `port${index}`, "master", "bridge0", "up");
    const node = join(folder, `node-${index}`);
    await writeFile(node, `#!/bin/sh\nexec ip netns exec ${own} ${process.env["SKEIN_NODE"] ?? "node"} "$@"\n`, {
      mode: 0o755,
    });
    const api = await passage(own, join(folder, `api-${index}`), made);
    places.push({ node, api, apiPort: API_PORT, listen: `/ip4/${address}/tcp/${MESH_PORT}` });
  }
  const all = made.move();
  const plug = (device: number, bridge: number) =>
    ip("-n", hub, "link", "set", `port${device}`, "master", `bridge${bridge}`);
  return {
    places,
    split: (...groups) => groups.forEach((group, index) => group.forEach((device) => plug(device, index))),
    heal: () => places.forEach((_, device) => plug(device, 0)),
    cable: (device, plugged) => ip("-n", hub, "link", "set", `port${device}`, plugged ? "up" : "down"),
    impair: (device, ...words) =>
      run("tc", "-n", hub, "qdisc", "replace", "dev", `port${device}`, "root", "netem", ...words),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function namespace(name: string, made: AsyncDisposableStack): string {
  ip("netns", "add", name);
  made.defer(() => ip("netns", "delete", name));
  ip("-n", name, "link", "set", "lo", "up");
  return name;
}

/** A URL here at which the API in a namespace is reached: files are seen from everywhere, so a socket file is the way in. */
async function passage(namespace: string, path: string, made: AsyncDisposableStack): Promise<string> {
  const program = `const { connect, createServer } = require("node:net");
    createServer((from) => {
      const to = connect(${API_PORT}, "127.0.0.1");
      from.pipe(to).pipe(from);
      for (const [one, other] of [[from, to], [to, from]]) one.on("error", () => other.destroy()).on("close", () => other.destroy());
    }).listen(process.argv[1], () => console.log("ready"));`;
  const inside = spawn("ip", ["netns", "exec", namespace, process.env["SKEIN_NODE"] ?? "node", "-e", program, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  made.defer(() => end(inside));
  await once(inside.stdout, "data");
  const outside = createServer((from) => {
    const to = connect(path);
    from.pipe(to).pipe(from);
    from.on("error", () => to.destroy()).on("close", () => to.destroy());
    to.on("error", () => from.destroy()).on("close", () => from.destroy());
  });
  made.defer(() => close(outside));
  outside.listen(0, "127.0.0.1");
  await once(outside, "listening");
  const address = outside.address();
  if (address === null || typeof address === "string") throw new Error("The passage has no port.");
  return `http://127.0.0.1:${address.port}`;
}

async function end(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function ip(...words: readonly string[]): void {
  run("ip", ...words);
}

function run(program: string, ...words: readonly string[]): void {
  const { status, stderr } = spawnSync(program, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${words.join(" ")}: ${stderr.trim()}`);
}
