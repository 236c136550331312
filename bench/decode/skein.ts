/** Skein over local daemons, driven through its API as a client would. */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { type LocalMesh, startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import { type Contestant, type Measurement, type Memory, promptOf, rateTogether } from "./contestant.ts";
import { readThreads, type Snapshot, threadKinds, type ThreadTimes, usedBetween } from "./threads.ts";

/** How long a device may take to compile a model of a gigabyte, and the others to fetch their share. */
const COMPILE_MILLISECONDS = 600_000;

export interface SkeinOptions {
  readonly devices: number;
  readonly threads: number;
  /** The path of a Node that runs the daemons; Deno does where it is left out. */
  readonly node?: string;
  /** Prompts at once. Default: 1. */
  readonly concurrency?: number;
}

/** Starts daemons that split the model evenly, at the context that the model has by default. */
export async function startSkein(
  model: string,
  options: SkeinOptions,
): Promise<Contestant> {
  const { devices, threads, node, concurrency = 1 } = options;
  // What kernels and hops take is compared: a token is a step.
  const parameters = ["--threads", String(threads), "--concurrency", String(concurrency), "--speculation", "off"];
  const mesh = await withRuntime(node, () => {
    return startLocalMesh(devices, model, parameters, { patience: COMPILE_MILLISECONDS });
  });
  return {
    measure: (promptTokens, tokens) => measure(mesh, promptTokens, tokens),
    async together(prompts, tokens) {
      const answers = Array.from({ length: prompts }, (_, which) => {
        return readArrivals(mesh, promptOf(16, which), tokens, { drawn: true });
      });
      return rateTogether(await Promise.all(answers));
    },
    memory: () => measureMemory(mesh),
    [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose](),
  };
}

/** The launcher takes its runtime from the environment. */
async function withRuntime<T>(
  node: string | undefined,
  start: () => Promise<T>,
): Promise<T> {
  const before = [process.env["SKEIN_RUNTIME"], process.env["SKEIN_NODE"]];
  process.env["SKEIN_RUNTIME"] = node === undefined ? "deno" : "node";
  if (node !== undefined) process.env["SKEIN_NODE"] = node;
  try {
    return await start();
  } finally {
    for (const [index, name] of ["SKEIN_RUNTIME", "SKEIN_NODE"].entries()) {
      const value = before[index];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** One prompt of so many tokens, and an answer of `tokens` after its first, through the first daemon. */
export async function measure(
  mesh: LocalMesh,
  promptTokens: number,
  tokens: number,
): Promise<Measurement> {
  const pids = mesh.daemons.map(({ ready }) => ready.pid);
  let before: Promise<Snapshot> | undefined;
  const times = await readArrivals(
    mesh,
    promptOf(promptTokens),
    tokens,
    { onFirst: () => before ??= readThreads(pids) },
  );
  const after = await readThreads(pids);
  const used = usedBetween(await before ?? after, after);
  const [first = NaN] = times;
  return {
    prefill: first,
    decode: ((times.at(-1) ?? NaN) - first) / (times.length - 1),
    threads: Object.fromEntries(
      threadKinds.map((kind) => [kind, used[kind] / (times.length - 1)]),
    ) as unknown as ThreadTimes,
  };
}

interface ArrivalOptions {
  readonly onFirst?: () => void;
  /** Whether the answer is drawn, by no seed of the client's, as most are. Default: the likeliest tokens. */
  readonly drawn?: boolean;
}

/** Streams one completion; returns when each token arrived, in milliseconds since the prompt was sent. */
async function readArrivals(
  mesh: LocalMesh,
  prompt: readonly number[],
  tokens: number,
  { onFirst, drawn = false }: ArrivalOptions = {},
): Promise<number[]> {
  const began = performance.now();
  const response = await fetch(`${mesh.api(0)}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({
      prompt,
      max_tokens: tokens + 1,
      temperature: drawn ? 1 : 0,
      stream: true,
    }),
  });
  if (!response.ok) throw new Error(await response.text());
  const times: number[] = [];
  for await (
    const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []
  ) {
    // A line a token.
    for (const _ of text.matchAll(/"finish_reason":null/g)) {
      times.push(performance.now() - began);
      onFirst?.();
    }
  }
  if (times.length < 2) {
    throw new Error(
      `An answer of ${tokens + 1} tokens came as ${times.length} pieces.`,
    );
  }
  return times;
}

async function measureMemory(mesh: LocalMesh): Promise<Memory[]> {
  const inspection = await (await fetch(`${mesh.api(0)}/skein/inspect`))
    .json() as {
      devices: { name: string; segments: { weightBytes: number }[] }[];
    };
  return await Promise.all(mesh.daemons.map(async ({ ready }) => {
    const status = await readFile(`/proc/${ready.pid}/status`, "utf8");
    const device = inspection.devices.find(({ name }) => name === ready.name);
    return {
      device: ready.name,
      anonymousBytes: Number(status.match(/RssAnon:\s+(\d+) kB/)?.[1]) * 1024,
      blockBytes: device?.segments.reduce((sum, segment) => sum + segment.weightBytes, 0) ?? NaN,
    };
  }));
}
