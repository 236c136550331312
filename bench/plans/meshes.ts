/** Meshes that nobody owns, drawn from a seed: devices of many speeds and sizes in clusters with slow links between. */
import type { Objective, Problem } from "../../plans/problem.ts";

export interface MeshOptions {
  readonly blocks: number;
  readonly devices: number;
  readonly seed: number;
  /** Default: 1 cluster for up to 16 devices, then one for each 25. */
  readonly clusters?: number;
  /** The model's bytes over the devices' mean memory: how many devices it needs, about. Default: a quarter of them, 16 at most. */
  readonly stages?: number;
  readonly objective?: Objective;
  readonly concurrency?: number;
  /** Whether prompts enter at one device. Default: true. */
  readonly source?: boolean;
  /** How much a block's time differs from device to device beyond the device's speed: 0.2 is 20 %. Default: 0. */
  readonly jitter?: number;
}

/** A problem of that size; equal options give equal problems. */
export function drawMesh(options: MeshOptions): Problem {
  const {
    blocks: count,
    seed,
    objective = "latency",
    concurrency = 1,
    source = true,
  } = options;
  // The order of draws decides which mesh a seed gives.
  const random = uniform(seed);
  const blocks = drawBlocks(count);
  const devices = drawDevices(options, blocks, random);
  return {
    blocks,
    devices,
    links: drawLinks(options, devices, random),
    objective,
    shape: { promptTokens: 128, outputTokens: 128, context: 1024, concurrency },
    ...(source ? { source: "d0" } : {}),
  };
}

const layerBytes = 120e6;

function drawBlocks(count: number): Problem["blocks"] {
  return Array.from({ length: count }, (_, index) => {
    const kind = index === 0 ? "embed" : index === count - 1 ? "head" : "layer";
    return {
      kind,
      weightBytes: kind === "layer" ? layerBytes : 1.5 * layerBytes,
      kvBytesPerToken: kind === "layer" ? 8192 : 0,
      activationBytes: 16384,
    };
  });
}

function drawDevices(
  options: MeshOptions,
  blocks: Problem["blocks"],
  random: () => number,
): Problem["devices"] {
  const { devices: size, jitter = 0 } = options;
  const stages = options.stages ?? Math.max(2, Math.min(16, size / 4));
  return Array.from({ length: size }, (_, index) => {
    const speed = between(random, 0.4, 3);
    const decode = blocks.map(({ kind }) =>
      (kind === "embed" ? 0.02 : kind === "head" ? 3 : 2) / speed *
      (1 + jitter * (random() - 0.5))
    );
    return {
      device: `d${index}`,
      name: `device ${index}`,
      usableBytes: Math.round(
        layerBytes * blocks.length / stages * between(random, 0.5, 2),
      ),
      decodeMilliseconds: decode,
      prefillMillisecondsPerToken: decode.map((time) => time / 4),
      trusted: true,
      allowed: true,
    };
  });
}

/** As networks are built: a device's access (cable or radio), a site's way out, the distance between sites. */
function drawLinks(
  { devices: size, clusters = size <= 16 ? 1 : Math.round(size / 25) }: MeshOptions,
  devices: Problem["devices"],
  random: () => number,
): Problem["links"] {
  const access = devices.map(() => ({
    delay: between(random, 0.1, 3),
    speed: between(random, 8e6, 110e6),
  }));
  const site = devices.map(() => Math.floor(random() * clusters));
  const each = Array.from({ length: clusters });
  const sites = each.map(() => ({
    up: between(random, 1e6, 10e6),
    down: between(random, 5e6, 40e6),
  }));
  const far = each.map(() => each.map(() => between(random, 8, 60)));
  const link = (a: number, b: number) => {
    const [one, other, out, into] = [
      access[a],
      access[b],
      sites[site[a] ?? 0],
      sites[site[b] ?? 0],
    ];
    const near = site[a] === site[b];
    const speed = Math.min(one?.speed ?? 0, other?.speed ?? 0);
    return {
      roundTripMilliseconds: (one?.delay ?? 0) + (other?.delay ?? 0) +
        (near ? 0.2 : far[site[a] ?? 0]?.[site[b] ?? 0] ?? 0) *
          between(random, 0.95, 1.05),
      bytesPerSecond: near ? speed : Math.min(speed, out?.up ?? 0, into?.down ?? 0),
    };
  };
  return devices.flatMap(({ device: from }, a) =>
    devices.map(({ device: to }, b) => ({ from, to, ...link(a, b) })).filter((
      _,
      b,
    ) => b !== a)
  );
}

/** A number from `least` to `most`, as likely to be in any doubling of the range as in any other. */
function between(random: () => number, least: number, most: number): number {
  return least * (most / least) ** random();
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
