/** skein doctor: checks what usually goes wrong on a machine, and says what to do. */
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import process from "node:process";
import { errorText } from "../runtime/error-text.ts";
import { findDaemons, readMemory } from "../runtime/host/mod.ts";
import { formatBytes } from "../plans/mod.ts";
import { routes } from "../actors/gateway/api.ts";
import { call } from "./api-client.ts";
import { chosenDevice } from "./choose-device.ts";
import { CommandError, parseCommand } from "./command.ts";
import { findingsBetween } from "./doctor/between.ts";
import { type Finding, lineOf } from "./doctor/finding.ts";
import { callAsOwner, findOwn } from "./owner.ts";

export const USAGE =
  `skein doctor [DEVICE] [options]: check this machine, or what is between it and another device of the mesh (by its name
or id): each address, mDNS, version, round trip, bandwidth; and say what to do about what is wrong.

  --data-dir DIR      the daemon's data folder (default: of the daemon on this machine)
  --json              print JSON
`;

/** A model that is of any use, with its caches and the program around it. */
const USEFUL_BYTES = 1024 ** 3;
/** How long a multicast packet may take to come back to this machine. */
const MULTICAST_MILLISECONDS = 1500;

const checks: readonly (() => Promise<Finding>)[] = [
  checkRuntime,
  checkLibrary,
  checkMemory,
  checkNetwork,
  checkMulticast,
  checkDaemons,
];

/** Runs the command; exit code 1 where a check failed. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals: [who] } = parseCommand(
    args,
    { "data-dir": { type: "string" }, json: { type: "boolean", default: false } },
    USAGE,
    1,
  );
  const findings: Finding[] = [];
  for await (const finding of who === undefined ? ofMachine() : ofPair(who, values["data-dir"])) {
    findings.push(finding);
    if (!values.json) process.stdout.write(lineOf(finding));
  }
  if (values.json) process.stdout.write(`${JSON.stringify(findings)}\n`);
  return findings.some(({ state }) => state === "fail") ? 1 : 0;
}

async function* ofMachine(): AsyncGenerator<Finding, void> {
  for (const check of checks) yield await check();
}

/** What is between this device and another one. @throws {CommandError} where there is no such device, or no daemon here */
async function* ofPair(who: string, dataDir: string | undefined): AsyncGenerator<Finding, void> {
  const daemon = await findOwn(dataDir);
  const { devices } = await call(daemon.api, routes.devices);
  const [self, other] = [devices.find((device) => device.self), chosenDevice(who, devices)];
  if (self === undefined || other.self) {
    throw new CommandError(`${other.name} is this device. Alone, skein doctor checks it; or name another device.`, 2);
  }
  process.stderr.write(`Trying the ways to ${other.name} …\n`);
  const ways = await callAsOwner(daemon, routes.ways, { device: other.device });
  // By now it may have come.
  const [after, inspection] = await Promise.all([call(daemon.api, routes.devices), call(daemon.api, routes.inspect)]);
  const now = after.devices.find(({ device }) => device === other.device) ?? other;
  yield* findingsBetween({ self, other: now, ways, devices: inspection.devices, now: Date.now() });
}

async function checkRuntime(): Promise<Finding> {
  const deno = (globalThis as { Deno?: { version: { deno: string } } }).Deno?.version.deno;
  const found = deno === undefined ? `Node ${process.versions.node}` : `Deno ${deno}`;
  const old = deno === undefined && Number(process.versions.node.split(".")[0]) < 24;
  return await Promise.resolve({
    check: "runtime",
    state: old ? "fail" : "ok",
    found: `${found} on ${process.platform}-${process.arch}`,
    ...(old ? { advice: "Use Node 24 or newer, or run npm ci so that the bundled Deno is there." } : {}),
  });
}

/** Runs the smallest of all graphs: the native library must load and compute. */
async function checkLibrary(): Promise<Finding> {
  try {
    const { verifyCompute } = await import("../models/compute/verify.ts");
    const version = await verifyCompute();
    return { check: "library", state: "ok", found: `ONNX Runtime ${version} computes` };
  } catch (error) {
    return {
      check: "library",
      state: "fail",
      found: `ONNX Runtime does not work: ${errorText(error)}`,
      advice: "Run npm ci again. On Linux it needs glibc (not musl) and libstdc++ (Debian: apt install libstdc++6).",
    };
  }
}

async function checkMemory(): Promise<Finding> {
  const { totalBytes, availableBytes } = await readMemory();
  const low = availableBytes < USEFUL_BYTES;
  return {
    check: "memory",
    state: low ? "warn" : "ok",
    found: `${formatBytes(availableBytes)} free of ${formatBytes(totalBytes)}, limits of containers included`,
    ...(low
      ? { advice: "Close other programs, or raise the container's limit: this device can hold small segments only." }
      : {}),
  };
}

async function checkNetwork(): Promise<Finding> {
  const addresses = Object.values(networkInterfaces()).flat()
    .filter((address) => address !== undefined && !address.internal && address.family === "IPv4")
    .map((address) => address?.address);
  if (addresses.length > 0) return { check: "network", state: "ok", found: `addresses ${addresses.join(", ")}` };
  return await Promise.resolve({
    check: "network",
    state: "warn",
    found: "no address beyond loopback",
    advice: "Connect to a network: until then only daemons on this machine can form a mesh.",
  });
}

/** Sends a packet to the mDNS group and waits for it to come back: what discovery on a local network needs. */
async function checkMulticast(): Promise<Finding> {
  const group = "224.0.0.251";
  const word = `skein doctor ${crypto.randomUUID()}`;
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  try {
    const returned = await new Promise<boolean>((resolve, reject) => {
      socket.once("error", reject);
      socket.on("message", (message) => {
        if (message.toString() === word) resolve(true);
      });
      socket.bind(0, () => {
        try {
          socket.addMembership(group);
          socket.setMulticastLoopback(true);
          socket.send(word, socket.address().port, group);
          setTimeout(() => resolve(false), MULTICAST_MILLISECONDS);
        } catch (error) {
          reject(error);
        }
      });
    });
    if (returned) return { check: "multicast", state: "ok", found: "packets to the mDNS group arrive" };
    return {
      check: "multicast",
      state: "warn",
      found: "packets to the mDNS group do not come back",
      advice: MULTICAST_ADVICE,
    };
  } catch (error) {
    const found = `no multicast: ${errorText(error)}`;
    return { check: "multicast", state: "warn", found, advice: MULTICAST_ADVICE };
  } finally {
    socket.close();
  }
}

const MULTICAST_ADVICE =
  "Let UDP port 5353 through the firewall (ufw allow 5353/udp), or join by invite: its addresses work without multicast. " +
  "Guest Wi-Fi often separates devices from each other.";

async function checkDaemons(): Promise<Finding> {
  const daemons = await findDaemons();
  if (daemons.length === 0) {
    const advice =
      "Start one with skein up, then run skein doctor again: it prints the mesh port, which must be open in the firewall " +
      "for TCP. skein up --listen /ip4/0.0.0.0/tcp/PORT fixes it.";
    return { check: "daemon", state: "ok", found: "none runs on this machine", advice };
  }
  const answers = await Promise.all(daemons.map(async ({ name, api, addresses }) => {
    const healthy = await fetch(`${api}/healthz`, { signal: AbortSignal.timeout(3000) }).then(
      (response) => response.ok,
      () => false,
    );
    const port = addresses[0]?.match(/\/tcp\/(\d+)/)?.[1] ?? "?";
    return { text: `${name} at ${api}, mesh port ${port}${healthy ? "" : " (does not answer)"}`, healthy };
  }));
  const silent = answers.some(({ healthy }) => !healthy);
  return {
    check: "daemon",
    state: silent ? "fail" : "ok",
    found: answers.map(({ text }) => text).join("; "),
    ...(silent ? { advice: "Stop the daemon that does not answer and start it again." } : {}),
  };
}
