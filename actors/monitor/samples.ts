/** Measurements that a few odd ones cannot spoil: medians over windows. */

/** The latest values of one quantity. */
export class Samples {
  readonly #size: number;
  readonly #values: number[] = [];

  /** Keeps the latest `size` values. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Takes a value; what is no finite number of 0 or more is no measurement. */
  add(value: number): void {
    if (!Number.isFinite(value) || value < 0) return;
    this.#values.push(value);
    if (this.#values.length > this.#size) this.#values.shift();
  }

  /** Forgets all but the latest `count` values. */
  keep(count: number): void {
    this.#values.splice(0, Math.max(0, this.#values.length - count));
  }

  get count(): number {
    return this.#values.length;
  }

  /** The middle value, or undefined before the first. */
  median(): number | undefined {
    if (this.#values.length === 0) return undefined;
    const sorted = [...this.#values].sort((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    if (sorted.length % 2 === 1) return sorted[middle];
    return ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  }
}
