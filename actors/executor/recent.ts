/** How much a segment has done lately, for people who look. */

/** Seconds that count as lately. */
const SECONDS = 10;

/** Counts steps, rows and tokens of the last seconds, a bin a second; takes the same memory however much is done. */
export class Recent {
  readonly #bins: { second: number; steps: number; rows: number; tokens: number }[];
  readonly #began: number;

  /** @param now milliseconds on the clock that all later times are of */
  constructor(now: number) {
    this.#began = now;
    this.#bins = Array.from({ length: SECONDS }, () => ({ second: -1, steps: 0, rows: 0, tokens: 0 }));
  }

  add(now: number, rows: number, tokens: number): void {
    const second = Math.floor(now / 1000);
    const bin = this.#bins[second % SECONDS];
    if (bin === undefined) return;
    if (bin.second !== second) Object.assign(bin, { second, steps: 0, rows: 0, tokens: 0 });
    bin.steps++;
    bin.rows += rows;
    bin.tokens += tokens;
  }

  /** The mean of rows in a step, and tokens a second since the oldest second that counts, or since the beginning. */
  rates(now: number): { readonly rowsPerStep: number; readonly tokensPerSecond: number } {
    const oldest = Math.floor(now / 1000) - SECONDS + 1;
    const bins = this.#bins.filter(({ second }) => second >= oldest);
    const total = (of: "steps" | "rows" | "tokens") => bins.reduce((sum, bin) => sum + bin[of], 0);
    const steps = total("steps");
    // Of less than a second no rate is told that a second would not bear out.
    const seconds = Math.max(1, (now - Math.max(this.#began, oldest * 1000)) / 1000);
    return { rowsPerStep: steps === 0 ? 0 : total("rows") / steps, tokensPerSecond: total("tokens") / seconds };
  }
}
