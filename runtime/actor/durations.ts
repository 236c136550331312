/** How long messages took, so that quantiles can be told: counts in bins that grow by a fifth, from a microsecond to two minutes. */

/** Bins in which a duration doubles; so each is wider than the one before by 19%. */
const BINS_PER_DOUBLING = 4;
/** 2^27 microseconds are two minutes; what takes longer is told as that. */
const BINS = 27 * BINS_PER_DOUBLING;

export class Durations {
  /** Made with the first duration: many actors live for a few messages, and many are never looked at. */
  #bins: Uint32Array | undefined;
  #count = 0;

  add(milliseconds: number): void {
    this.#bins ??= new Uint32Array(BINS);
    const bin = Math.ceil(BINS_PER_DOUBLING * Math.log2(milliseconds * 1000));
    const at = Math.min(Math.max(bin, 0), BINS - 1);
    this.#bins[at] = (this.#bins[at] ?? 0) + 1;
    this.#count++;
  }

  /** The milliseconds that this part of the durations, 0 to 1, did not exceed: the upper end of a bin; 0 where there are none. */
  quantile(part: number): number {
    let rest = Math.ceil(this.#count * part);
    for (const [at, count] of this.#bins?.entries() ?? []) {
      rest -= count;
      // A duration that the clock could not tell from none has the first bin.
      if (rest <= 0) return at === 0 ? 0 : 2 ** (at / BINS_PER_DOUBLING) / 1000;
    }
    return 0;
  }
}
