/** How many answers a model had under way at once lately: what a throughput is planned for. */

/** So long a peak is remembered while others follow. */
const RECENT_MILLISECONDS = 600_000;

export class RecentLoad {
  /** Later ones are lower: the first is the peak. */
  #peaks: { readonly at: number; readonly answers: number }[] = [];

  /** So many answers got tokens in the last seconds. */
  add(answers: number, now: number): void {
    this.#peaks = this.#peaks.filter((peak) => peak.answers > answers && now - peak.at <= RECENT_MILLISECONDS);
    this.#peaks.push({ at: now, answers });
  }

  /** The most within ten minutes before the last word: a calm night changes no plan. 0 where nothing was heard. */
  get peak(): number {
    return this.#peaks[0]?.answers ?? 0;
  }
}
