/** Two devices in processes of their own, each with half of a model's blocks. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { MeshSummary } from "../../actors/gateway/mesh-view.ts";
import type { Stamp } from "./stamps.ts";

/** How long a process may take to say something, and the mesh to have its plan. */
const PATIENCE_MILLISECONDS = 120_000;

interface Device extends AsyncDisposable {
  readonly api: string;
  readonly invite: string;
  readonly pid: number;
  /** What it noted since the last call. */
  take(): Promise<readonly Stamp[]>;
}

/** The devices in the order of their segments. */
export interface Pair extends AsyncDisposable {
  readonly devices: readonly [Device, Device];
}

/** Starts the pair with the runtime that this process runs on, or a Node at `node`. */
export async function startPair(
  model: string,
  node: string | undefined,
): Promise<Pair> {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "skein-hop-"));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const start = async (name: string, ...more: readonly string[]) => {
    return started.use(
      await startDevice(node, [
        "--name",
        name,
        "--data-dir",
        join(folder, name),
        ...more,
      ]),
    );
  };
  const first = await start("first", "--model", model);
  const second = await start("second", "--join", first.invite);
  await until(first.api, ({ state }) => state.type === "active");
  const { state } = await view(first.api);
  const blocks = state.type === "active" ? 1 + (state.plan.segments.at(-1)?.last ?? 0) : 0;
  const half = Math.floor(blocks / 2);
  const split = [{ device: "first", blocks: half }, {
    device: "second",
    blocks: blocks - half,
  }];
  // Refused until the second device is known.
  const pin = async () =>
    (await fetch(`${first.api}/skein/plan`, {
      method: "POST",
      body: JSON.stringify({ split }),
    })).ok;
  await patiently(pin);
  await until(
    first.api,
    ({ state }) => state.type === "active" && state.plan.segments.length === 2,
  );
  const parts = started.move();
  return {
    devices: [first, second],
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function startDevice(
  node: string | undefined,
  args: readonly string[],
): Promise<Device> {
  const common = [
    "--api",
    "127.0.0.1:0",
    "--threads",
    "1",
    "--listen",
    "/ip4/127.0.0.1/tcp/0",
    "--no-mdns",
  ];
  const script = [
    fileURLToPath(new URL("./device.ts", import.meta.url)),
    ...common,
    ...args,
  ];
  const child = node === undefined
    ? spawn(process.execPath, ["run", "--allow-all", "--no-check", ...script], {
      stdio: ["pipe", "pipe", "inherit"],
    })
    : spawn(node, script, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const lines = createInterface({ input: child.stdout })
    [Symbol.asyncIterator]();
  const read = async (): Promise<unknown> => {
    const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS);
    const late = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const { value, done } = await Promise.race([lines.next(), late]);
    if (done) throw new Error("A device has ended.");
    return JSON.parse(value);
  };
  try {
    const ready = await read() as Pick<Device, "api" | "invite" | "pid">;
    return {
      ...ready,
      async take() {
        child.stdin.write("\n");
        return await read() as readonly Stamp[];
      },
      async [Symbol.asyncDispose]() {
        child.stdin.end();
        const killing = setTimeout(() => child.kill("SIGKILL"), 10_000);
        await ended;
        clearTimeout(killing);
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

async function view(api: string): Promise<MeshSummary> {
  return await (await fetch(`${api}/skein/plan`)).json() as MeshSummary;
}

async function until(
  api: string,
  condition: (view: MeshSummary) => boolean,
): Promise<void> {
  await patiently(async () => condition(await view(api)));
}

async function patiently(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MILLISECONDS;
  while (!await condition()) {
    if (performance.now() > end) {
      throw new Error("The mesh did not come to its plan.");
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
