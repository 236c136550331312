/**
 * How long a second device takes to be of use, on real daemons on this machine: from the moment that it is started with an
 * invite to the end of its first answer, as a person would have it; and from `skein up --model` to a plan for that model.
 * Prints milliseconds, the median of all turns first.
 *
 *     deno run --allow-all --no-check bench/join/main.ts [--model PATH] [--turns 5]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import type { PlanView } from "../../actors/gateway/api.ts";
import { launchDaemon, type LaunchedDaemon } from "../../cli/launch.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { complete, ended } from "../../tests/e2e/local-mesh.ts";
import { median } from "../statistics.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    turns: { type: "string", default: "5" },
  },
});
const model = values.model ?? builtinModelPath();
const folder = await mkdtemp(join(tmpdir(), "skein-join-"));
process.env["SKEIN_STATE_DIR"] = folder;
const PATIENCE_MILLISECONDS = 120_000;

function start(
  name: string,
  more: readonly string[],
  invite?: string,
): Promise<LaunchedDaemon> {
  const own = [
    "--name",
    name,
    "--data-dir",
    join(folder, name),
    "--api",
    "127.0.0.1:0",
    "--no-mdns",
  ];
  return launchDaemon([...own, "--listen", "/ip4/127.0.0.1/tcp/0", ...more], {
    invite,
  });
}

async function planned({ ready }: LaunchedDaemon): Promise<void> {
  for (
    const end = performance.now() + PATIENCE_MILLISECONDS;
    performance.now() < end;
  ) {
    const { state } = await (await fetch(`${ready.api}/skein/plan`))
      .json() as PlanView;
    if (state.type === "active") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`There is no plan after ${PATIENCE_MILLISECONDS / 1000} s.`);
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

async function stopAll(): Promise<void> {
  for (const { stop, ready } of running.splice(0).reverse()) {
    await stop();
    await ended(ready.pid);
  }
}

function tell(what: string, times: readonly number[]): void {
  const all = times.map((time) => time.toFixed(0)).join(" ");
  process.stdout.write(
    `${what}: ${median([...times]).toFixed(0)} ms (${all})\n`,
  );
}

const running: LaunchedDaemon[] = [];
try {
  const [ready, joined]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < Number(values.turns); turn++) {
    let first: LaunchedDaemon | undefined;
    ready.push(
      await timed(async () => {
        first = await start(`first-${turn}`, ["--model", model]);
        running.push(first);
        await planned(first);
      }),
    );
    if (first === undefined) break;
    const invite = await first.invite();
    joined.push(
      await timed(async () => {
        const second = await start(`second-${turn}`, [], invite);
        running.push(second);
        await planned(second);
        await complete(second.ready.api, "Once upon a time", 8);
      }),
    );
    await stopAll();
  }
  tell("up --model to a plan", ready);
  tell("up --join to the end of the first answer of 8 tokens", joined);
} finally {
  await stopAll();
  await rm(folder, { recursive: true, force: true });
}
