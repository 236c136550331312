/**
 * What a device counts, for Prometheus: counters and histograms as things happen, gauges when somebody scrapes. Names and
 * units by https://prometheus.io/docs/practices/naming/; each daemon tells of itself alone.
 */
import { Gauge, Registry } from "prom-client";
import type { DeviceEvent } from "../../events.ts";
import type { StepTimes } from "../../executor/state.ts";
import type { SteppedSegment } from "../../supervisor/state.ts";
import { AnswerMetrics } from "./answer-metrics.ts";
import type { ReadHops } from "./hops.ts";
import { type Scraped, Standing } from "./standing.ts";
import { StepMetrics } from "./step-metrics.ts";
import { WireMetrics } from "./wire-metrics.ts";

/** A device's metrics. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #steps: StepMetrics;
  readonly #answers: AnswerMetrics;
  readonly #wire: WireMetrics;
  readonly #standing: Standing;

  constructor({ version }: { readonly version: string }) {
    this.#steps = new StepMetrics(this.#registry);
    this.#answers = new AnswerMetrics(this.#registry);
    this.#wire = new WireMetrics(this.#registry);
    this.#standing = new Standing(this.#registry);
    const info = new Gauge({
      name: "skein_build_info",
      help: "The software of this device; always 1.",
      labelNames: ["version"],
      registers: [this.#registry],
    });
    info.set({ version }, 1);
  }

  /** The format of what `scrape` gives. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** A segment has run a step. */
  stepped(segment: SteppedSegment, step: StepTimes): void {
    this.#steps.stepped(segment, step);
  }

  /** Something has happened on this device. */
  happened(event: DeviceEvent): void {
    this.#answers.take(event);
  }

  /** Tokens have gone around their pipeline. */
  travelled(hops: ReadHops): void {
    this.#wire.take(hops);
  }

  /** Everything, as Prometheus reads it. */
  async scrape(scraped: Scraped): Promise<string> {
    this.#standing.set(scraped);
    return await this.#registry.metrics();
  }
}
