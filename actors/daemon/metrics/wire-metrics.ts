/** What tokens spend between segments. */
import { Histogram, type Registry } from "prom-client";
import type { ReadHops } from "./hops.ts";

/** Seconds: from two processes of a machine to a link across a continent. */
const WIRE_SECONDS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

export class WireMetrics {
  readonly #hop;
  readonly #token;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#hop = new Histogram({
      name: "skein_hop_wire_seconds",
      help:
        "From the end of a token's step in a segment to its arrival at the next segment, or back at the first one: " +
        "the network, and what both processes do about it. Clocks of devices are lined up to half a round trip.",
      labelNames: ["from", "to"],
      buckets: WIRE_SECONDS,
      registers,
    });
    this.#token = new Histogram({
      name: "skein_token_wire_seconds",
      help: "What a token spends between segments on its way around, all hops together.",
      labelNames: ["model"],
      buckets: WIRE_SECONDS,
      registers,
    });
  }

  take({ model, devices, tokens }: ReadHops): void {
    for (const { wire } of tokens) {
      let sum = 0;
      for (const [index, milliseconds] of wire.entries()) {
        sum += milliseconds;
        const labels = { from: devices[index] ?? "", to: devices[(index + 1) % devices.length] ?? "" };
        this.#hop.observe(labels, Math.max(0, milliseconds) / 1000);
      }
      this.#token.observe({ model }, Math.max(0, sum) / 1000);
    }
  }
}
