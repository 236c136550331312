/** Skein over one to three local daemons, driven through its API as a client would. */
import { readFile } from "node:fs/promises";
import { type LocalMesh, startLocalMesh } from "../../tests/e2e/local-mesh.ts";
import type { Measurement } from "./measurement.ts";

/** One completion of random ids: how long the prompt and each token took, as the client sees it. */
export async function measureSkein(
  mesh: LocalMesh,
  promptTokens: number,
  decodeTokens: number,
): Promise<Measurement> {
  const prompt = Array.from(
    { length: promptTokens },
    (_, index) => 300 + ((index * 7919) % 31_000),
  );
  const begin = performance.now();
  const response = await fetch(`${mesh.api(0)}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({
      prompt,
      max_tokens: decodeTokens + 1,
      temperature: 0,
      stream: true,
    }),
  });
  if (!response.ok) throw new Error(await response.text());
  const times: number[] = [];
  let last = begin;
  for await (
    const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []
  ) {
    // A line per token; two that arrive together count as two, the second with no time.
    for (const _ of text.matchAll(/"finish_reason":null/g)) {
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
  }
  return { prefill: times[0] ?? NaN, decode: times.slice(1) };
}

/** Anonymous memory of each daemon's process, and the bytes of the blocks that it holds. */
export async function measureMemory(
  mesh: LocalMesh,
): Promise<{ name: string; anonymousBytes: number; blockBytes: number }[]> {
  const inspection = await (await fetch(`${mesh.api(0)}/skein/inspect`))
    .json() as {
      devices: { name: string; segments: { weightBytes: number }[] }[];
    };
  return await Promise.all(mesh.daemons.map(async ({ ready }) => {
    const status = await readFile(`/proc/${ready.pid}/status`, "utf8");
    const device = inspection.devices.find(({ name }) => name === ready.name);
    return {
      name: ready.name,
      anonymousBytes: Number(status.match(/RssAnon:\s+(\d+) kB/)?.[1]) * 1024,
      blockBytes: device?.segments.reduce((sum, segment) => sum + segment.weightBytes, 0) ?? NaN,
    };
  }));
}

/** Daemons that split the model evenly. */
export function startBenchMesh(
  devices: number,
  model: string,
  context: number,
): Promise<LocalMesh> {
  return startLocalMesh(devices, model, [
    "--concurrency",
    "1",
    "--context",
    String(context),
  ]);
}
