/** Real daemons in real processes, on loopback, with data folders of their own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { MeshSummary } from "../../actors/gateway/mesh-view.ts";
import { launchDaemon, type LaunchedDaemon } from "../../cli/launch.ts";

/** See `patience`: enough for a small model on a machine that is busy. */
const PLAN_MILLISECONDS = 60_000;

/** Daemons `d0`, `d1`, … */
export interface LocalMesh extends AsyncDisposable {
  readonly daemons: LaunchedDaemon[];
  /** Base URL of a daemon's API. */
  api(index: number): string;
  /** Blocks of the model, embedding and head included. */
  blocks(): Promise<number>;
  /** Starts one more daemon and lets it join. */
  join(more?: readonly string[]): Promise<LaunchedDaemon>;
  /** Starts a daemon that has ended again, on its data folder and with its arguments, but for a model where `modelless`. */
  restart(index: number, options?: { readonly modelless?: boolean }): Promise<LaunchedDaemon>;
  /** Whether a daemon's process is there, be it frozen. */
  isUp(index: number): boolean;
  /** Sends a signal to a daemon itself, past its launcher. */
  signal(index: number, name: NodeJS.Signals): void;
  /** Pins how many blocks each daemon holds, in the order of `devices` (default d0, d1, …), and waits until it is so. */
  split(counts: readonly number[], devices?: readonly number[]): Promise<void>;
  /** Leaves the plan to the leader again, and waits until it has planned. */
  auto(): Promise<void>;
  /** Waits until the plan satisfies a condition, as daemon `index` sees it. */
  until(
    condition: (view: MeshSummary) => boolean,
    index?: number,
  ): Promise<MeshSummary>;
}

/** Where a daemon runs, if not simply here: in a network namespace of its own, say. */
export interface Place {
  /** The program that runs the launcher in Node's stead. */
  readonly node: string;
  /** Where its mesh listens. */
  readonly listen: string;
  /** Its API's port there, and the URL at which that is reached from here. */
  readonly apiPort: number;
  readonly api: string;
}

export interface LocalMeshOptions {
  /** Where each daemon runs. Default: here. */
  readonly places?: readonly Place[];
  /** Which daemons are started with the model. Default: the first. */
  readonly holders?: readonly number[];
  /** More arguments of each daemon. Default: none. */
  readonly limits?: readonly (readonly string[])[];
  /** How long the mesh may take to agree on a plan, in milliseconds. Default: a minute. */
  readonly patience?: number;
  /** Whether to split evenly and wait until every daemon holds a segment. Default: true. */
  readonly spread?: boolean;
}

/** Starts daemons with the same `arguments_`; resolves when they have a plan. */
export async function startLocalMesh(
  count: number,
  model: string,
  arguments_: readonly string[] = [],
  { holders = [0], limits = [], patience = PLAN_MILLISECONDS, spread = true, places = [] }: LocalMeshOptions = {},
): Promise<LocalMesh> {
  const folder = await mkdtemp(join(tmpdir(), "skein-test-"));
  process.env["SKEIN_STATE_DIR"] = folder;
  const daemons: LaunchedDaemon[] = [];
  const startedWith: string[][] = [];
  let started = 0;
  const common = [
    "--threads",
    "1",
    "--no-mdns",
    // Other tests run on the same machine, and are no owner to yield to.
    "--no-yield",
    // One device would be faster for so small a model, and the planner would leave the others out.
    ...["--objective", "even"],
    ...arguments_,
  ];
  const start = async (more: readonly string[], invite?: string): Promise<LaunchedDaemon> => {
    const index = started++;
    const { listen = "/ip4/127.0.0.1/tcp/0", apiPort = 0 } = places[index] ?? {};
    const own = ["--name", `d${index}`, "--data-dir", join(folder, `d${index}`), ...limits[index] ?? []];
    startedWith[index] = [...common, "--listen", listen, "--api", `127.0.0.1:${apiPort}`, ...own, ...more];
    return daemons[index] = await launch(index, invite);
  };
  const launch = (index: number, invite?: string): Promise<LaunchedDaemon> => {
    return launchDaemon(startedWith[index] ?? [], { invite, node: places[index]?.node });
  };
  const isUp = (index: number) => isRunning(daemons[index]?.ready.pid ?? 0);
  const mesh: LocalMesh = {
    daemons,
    api: (index) => places[index]?.api ?? daemons[index]?.ready.api ?? "",
    join: async (more = []) => {
      const living = daemons.findIndex((_, index) => isUp(index));
      return start(more, await daemons[living]?.invite(mesh.api(living)));
    },
    async restart(index, { modelless = false } = {}) {
      const before = daemons[index];
      await before?.stop();
      // As a device at home has it: the others find it where it was.
      const listen = before?.ready.addresses[0]?.split("/p2p/")[0];
      startedWith[index] = (startedWith[index] ?? []).map((word) =>
        word === "/ip4/127.0.0.1/tcp/0" ? listen ?? word : word
      );
      const at = modelless ? startedWith[index]?.indexOf("--model") ?? -1 : -1;
      if (at >= 0) startedWith[index]?.splice(at, 2);
      return daemons[index] = await launch(index);
    },
    isUp,
    signal(index, name) {
      const daemon = daemons[index];
      // Nothing else to fall back on: 0 would be every process of ours.
      if (daemon === undefined) throw new RangeError(`There is no daemon ${index} to send ${name} to.`);
      process.kill(daemon.ready.pid, name);
    },
    async split(counts, devices = counts.map((_, index) => index)) {
      const split = counts.map((blocks, place) => ({
        device: `d${devices[place]}`,
        blocks,
      }));
      const response = await fetch(`${mesh.api(0)}/skein/plan`, {
        method: "POST",
        body: JSON.stringify({ split }),
      });
      if (!response.ok) throw new Error(await response.text());
      const wanted = split.filter(({ blocks }) => blocks > 0);
      for (const index of daemons.keys()) {
        await mesh.until(
          ({ state }) =>
            state.type === "active" &&
            state.plan.segments.length === wanted.length &&
            state.plan.segments.every(({ name, first, last }, place) => {
              return name === wanted[place]?.device &&
                last - first + 1 === wanted[place]?.blocks;
            }),
          index,
        );
      }
    },
    async blocks() {
      const { state } = await mesh.until(({ state }) => state.type === "active");
      return state.type === "active" ? 1 + (state.plan.segments.at(-1)?.last ?? 0) : 0;
    },
    async auto() {
      const response = await fetch(`${mesh.api(0)}/skein/plan`, {
        method: "POST",
        body: JSON.stringify({ split: null }),
      });
      if (!response.ok) throw new Error(await response.text());
      const planned = ({ state }: MeshSummary) => state.type === "active" && state.plan.planner !== "pinned";
      for (const index of daemons.keys()) await mesh.until(planned, index);
    },
    async until(condition, index = 0) {
      const deadline = Date.now() + patience;
      for (;;) {
        const view = await (await fetch(`${mesh.api(index)}/skein/plan`))
          .json() as MeshSummary;
        if (condition(view)) return view;
        if (Date.now() > deadline) {
          throw new Error(
            `The plan did not become what was waited for: ${JSON.stringify(view.state)}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    },
    async [Symbol.asyncDispose]() {
      // One that did not come up has left a gap.
      const all = daemons.filter(() => true);
      await Promise.all(all.map((daemon) => daemon.stop()));
      // A launcher that had to be killed leaves its daemon behind, which writes until it ends; one that is frozen stays.
      for (const { ready } of all) if (isRunning(ready.pid)) process.kill(ready.pid, "SIGKILL");
      await Promise.all(all.map(({ ready }) => ended(ready.pid)));
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    const modelOf = (index: number) => holders.includes(index) ? ["--model", model] : [];
    await start(modelOf(0));
    // So that it leads, whatever the ids: those who join wait to hear of a leader.
    await mesh.until(({ leader }) => leader !== undefined);
    for (let index = 1; index < count; index++) await mesh.join(modelOf(index));
    await mesh.until(({ state }) =>
      state.type === "active" &&
      (!spread || state.plan.segments.length === count)
    );
    return mesh;
  } catch (error) {
    await mesh[Symbol.asyncDispose]();
    throw error;
  }
}

/** Resolves when a process is gone. @throws where it is still there after a minute. */
export async function ended(pid: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (isRunning(pid)) {
    if (Date.now() > deadline) throw new Error(`The process ${pid} does not end.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** One greedy completion of raw text. */
export async function complete(
  api: string,
  prompt: string | readonly number[],
  maxTokens = 120,
): Promise<{ text: string; finish: string; conversations: number }> {
  const response = await fetch(`${api}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({ prompt, max_tokens: maxTokens, temperature: 0 }),
  });
  if (!response.ok) throw new Error(await response.text());
  const body = await response.json() as {
    choices: [{ text: string; finish_reason: string }];
    skein: { conversations: number };
  };
  return {
    text: body.choices[0].text,
    finish: body.choices[0].finish_reason,
    conversations: body.skein.conversations,
  };
}
