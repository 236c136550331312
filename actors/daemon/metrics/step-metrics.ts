/** What is counted of the steps of segments. */
import { Counter, Histogram, type Registry } from "prom-client";
import type { StepTimes } from "../../executor/state.ts";
import type { SteppedSegment } from "../../supervisor/state.ts";

/** Seconds: from a step of a small model to a chunk on a slow board. */
const STEP_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** Seconds: a row that finds nobody before it hardly waits, one behind a long prompt does. */
const QUEUE_SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const ROWS = [1, 2, 4, 8, 16, 32, 64];

export class StepMetrics {
  readonly #queue;
  readonly #compute;
  readonly #rows;
  readonly #tokens;

  constructor(registry: Registry) {
    const registers = [registry];
    const segment = ["model", "blocks", "phase"] as const;
    this.#queue = new Histogram({
      name: "skein_step_queue_seconds",
      help: "What a row waits for its step in a segment; a piece of a prompt, from the coming of the whole of it.",
      labelNames: segment,
      buckets: QUEUE_SECONDS,
      registers,
    });
    this.#compute = new Histogram({
      name: "skein_step_compute_seconds",
      help: "Time of a segment's step, from the request to the compute worker to its result.",
      labelNames: segment,
      buckets: STEP_SECONDS,
      registers,
    });
    this.#rows = new Histogram({
      name: "skein_step_rows",
      help: "Sequences that shared a segment's step.",
      labelNames: segment,
      buckets: ROWS,
      registers,
    });
    this.#tokens = new Counter({
      name: "skein_step_tokens_total",
      help: "Tokens that a segment has run.",
      labelNames: segment,
      registers,
    });
  }

  stepped(
    { model, first, last }: SteppedSegment,
    { rows, tokens, stepMilliseconds, queueMilliseconds }: StepTimes,
  ): void {
    const labels = { model, blocks: `${first}-${last}`, phase: tokens > rows ? "prefill" : "decode" };
    for (const milliseconds of queueMilliseconds) this.#queue.observe(labels, milliseconds / 1000);
    this.#compute.observe(labels, stepMilliseconds / 1000);
    this.#rows.observe(labels, rows);
    this.#tokens.inc(labels, tokens);
  }
}
