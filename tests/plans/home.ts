/** A home that the tests of single functions share: a fast laptop, a slower desktop, a slow phone. */
import type { Device, Link, Problem } from "../../plans/mod.ts";

const layers = 10;

/** A device whose layers take `milliseconds` each. */
export function device(name: string, usableBytes: number, milliseconds: number): Device {
  const times = Array.from({ length: layers + 2 }, (_, index) => index === 0 ? 0 : milliseconds);
  return {
    device: name,
    name,
    usableBytes,
    decodeMilliseconds: times,
    prefillMillisecondsPerToken: times.map((time) => time / 4),
    trusted: true,
    allowed: true,
  };
}

/** Links both ways between all. */
export function links(devices: readonly Device[], roundTripMilliseconds = 2, bytesPerSecond = 1e7): Link[] {
  return devices.flatMap(({ device: from }) =>
    devices.filter(({ device }) => device !== from).map(({ device: to }) => {
      return { from, to, roundTripMilliseconds, bytesPerSecond };
    })
  );
}

/** 12 blocks of 100 bytes with 1 byte of cache a token, context 10: 110 bytes a layer, 1300 bytes in all. */
export function home(devices: readonly Device[]): Problem {
  return {
    blocks: Array.from({ length: layers + 2 }, (_, index) => ({
      kind: index === 0 ? "embed" : index === layers + 1 ? "head" : "layer",
      weightBytes: 100,
      kvBytesPerToken: index === 0 || index === layers + 1 ? 0 : 1,
      activationBytes: 1000,
    })),
    devices,
    links: links(devices),
    shape: { promptTokens: 4, outputTokens: 5, context: 10, concurrency: 1 },
    objective: "latency",
  };
}
