/**
 * The median of means: a mean that a few odd values cannot spoil. A plain median of step times would not do: where another
 * program takes a third of the processor in slices, most steps run undisturbed and a few take ten times as long, so that the
 * median says nothing of what is lost.
 */
import { Samples } from "./samples.ts";

/** Values of one mean. */
const CHUNK = 8;

/** Estimates the mean of the latest values. */
export class MedianOfMeans {
  readonly #means: Samples;
  #count = 0;
  #sum = 0;

  /** Looks at the latest `chunks` means of eight values each. */
  constructor(chunks: number) {
    this.#means = new Samples(chunks);
  }

  /** Takes a value; what is no finite number of 0 or more is no measurement. */
  add(value: number): void {
    if (!Number.isFinite(value) || value < 0) return;
    this.#sum += value;
    if (++this.#count < CHUNK) return;
    this.#means.add(this.#sum / CHUNK);
    [this.#count, this.#sum] = [0, 0];
  }

  /** Undefined before the first eight values. */
  value(): number | undefined {
    return this.#means.median();
  }

  /** Forgets all but the latest values, so many of them or a few more. */
  keep(values: number): void {
    this.#means.keep(Math.max(1, Math.ceil(values / CHUNK)));
  }
}
