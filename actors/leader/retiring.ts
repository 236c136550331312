/** Models that are not served any more but to the answers that have begun: how long they stay. Times are the leader's clock. */

/** An answer that takes longer than this after its model was given up breaks off. */
export const RETIRING_MILLISECONDS = 600_000;
/** Answers that had been sent on their way when the model was given up begin within this time, and count as under way. */
export const LAST_CALL_MILLISECONDS = 1000;

interface Retirement {
  readonly since: number;
  /** Whether no answer is under way any more. */
  over: boolean;
}

/** The models that retire, by id. */
export class Retiring {
  readonly #models = new Map<string, Retirement>();
  #hurried = false;

  has(model: string): boolean {
    return this.#models.has(model);
  }

  /** Whether any model retires. */
  get any(): boolean {
    return this.#models.size > 0;
  }

  /** A model retires from now on. @returns whether that is new */
  begin(model: string, now: number): boolean {
    if (this.#models.has(model)) return false;
    this.#models.set(model, { since: now, over: false });
    return true;
  }

  /** It is to be served again, or is gone. */
  forget(model: string): void {
    this.#models.delete(model);
  }

  /** No answer of it is under way. */
  drained(model: string, now: number): void {
    const retirement = this.#models.get(model);
    if (retirement !== undefined && now - retirement.since >= LAST_CALL_MILLISECONDS) retirement.over = true;
  }

  /** Whether those that retire now, or next, are let go of at once. */
  hurry(hurried: boolean): void {
    this.#hurried = hurried;
  }

  /** Whether a model that retires may be let go of. */
  isOver(model: string, now: number): boolean {
    const retirement = this.#models.get(model);
    if (retirement === undefined) return false;
    return this.#hurried || retirement.over || now - retirement.since > RETIRING_MILLISECONDS;
  }
}
