/** How far a fetch is, how fast it goes, and how long it will take. Times are passed in. */
import { formatBytes } from "../plans/mod.ts";

/** The rate is that of the last few seconds. */
const WINDOW_MILLISECONDS = 5000;

export class FetchProgress {
  /** Of the window, the oldest first. */
  readonly #marks: { readonly at: number; readonly bytes: number }[] = [];

  /** Takes how much there is now; returns it in words: "1.6 GiB of 2.4 GiB, 41 MiB/s, 20 s left". */
  describe(done: number, total: number | undefined, now: number): string {
    this.#marks.push({ at: now, bytes: done });
    while (this.#marks.length > 2 && now - (this.#marks[0]?.at ?? now) > WINDOW_MILLISECONDS) this.#marks.shift();
    const [first] = this.#marks;
    const time = now - (first?.at ?? now);
    const rate = time > 0 ? (done - (first?.bytes ?? done)) / time * 1000 : 0;
    const parts = [total === undefined ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`];
    if (rate > 0) parts.push(`${formatBytes(rate)}/s`);
    if (rate > 0 && total !== undefined && total > done) parts.push(`${duration((total - done) / rate)} left`);
    return parts.join(", ");
  }
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
