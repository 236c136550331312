import { fileURLToPath } from "node:url";
import { type ChildProcess, spawn } from "node:child_process";
import type { TestContext } from "node:test";
import {
  createIdentity,
  createMesh,
  createMeshKey,
  type Mesh,
  type MeshEvent,
  type MeshOptions,
} from "../../runtime/mesh/mod.ts";

/** A mesh with what it told so far. */
export interface Observed {
  readonly mesh: Mesh;
  readonly events: MeshEvent[];
  /** "up NAME" and "down NAME", in order. */
  readonly ups: string[];
}

/** Starts a mesh on loopback, without mDNS unless asked for. */
export async function observe(options: Partial<MeshOptions> & { readonly name: string }): Promise<Observed> {
  const events: MeshEvent[] = [];
  const ups: string[] = [];
  const mesh = await createMesh({
    identity: await createIdentity(),
    key: createMeshKey(),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    mdns: false,
    log: (event) => events.push(event),
    ...options,
  });
  mesh.onPeer((event) => ups.push(`${event.type} ${event.name}`));
  return { mesh, events, ups };
}

/** Resolves when `condition` holds; fails after a deadline that is generous, as it bounds only how long a bug hangs. */
export async function until(what: string, condition: () => boolean, deadline = 20_000): Promise<void> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > deadline) throw new Error(`Waited ${deadline} ms in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Stops meshes, whatever the test did. */
export async function stopAll(...all: readonly (Observed | undefined)[]): Promise<void> {
  await Promise.all(all.map((one) => one?.mesh.stop()));
}

/** A mesh in a process of its own, see `child.ts`. */
export interface Child {
  readonly process: ChildProcess;
  /** Lines the child wrote. */
  readonly lines: string[];
  readonly exited: Promise<number | null>;
}

/** Starts `child.ts` with options as JSON, on the runtime that runs the test; it is killed when the test ends. */
export function startChild(t: TestContext | undefined, options: Readonly<Record<string, unknown>>): Child {
  const script = fileURLToPath(new URL("child.ts", import.meta.url));
  const runtime = "Deno" in globalThis ? ["run", "-A", "--no-check", script] : [script];
  const child = spawn(process.execPath, [...runtime, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  t?.after(() => void child.kill("SIGKILL"));
  return { process: child, lines, exited };
}

/** Bytes as hex, to hand a key to a child. */
export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Time as this process could use it. */
export interface Stopwatch extends Disposable {
  /** Milliseconds since the start, without those in which this process stood still: other work kept the processor. */
  elapsed(): number;
}

/** Starts a stopwatch. The mesh counts silence alike, see `createStallMeter`: what it could not hear is no silence. */
export function stopwatch(): Stopwatch {
  const TICK = 10;
  /** A timer this late is ordinary. */
  const ORDINARY = 40;
  const start = performance.now();
  let last = start;
  let stalled = 0;
  const look = (): void => {
    const now = performance.now();
    const late = now - last - TICK;
    if (late > ORDINARY) stalled += late;
    last = now;
  };
  const timer = setInterval(look, TICK);
  return {
    elapsed() {
      look();
      return last - start - stalled;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
