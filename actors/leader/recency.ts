/** Which of the models that the mesh serves has been used least lately. Times are the leader's clock. */

/** When each model was used last, and which of them have just been asked for. */
export class Recency {
  readonly #usedAt = new Map<string, number>();
  readonly #newcomers = new Set<string>();

  /** A model makes tokens. */
  used(model: string, now: number): void {
    this.#usedAt.set(model, now);
  }

  /** People have asked for a model beside the others: others give way to it, until it has had its first plan. */
  asked(model: string): void {
    this.#newcomers.add(model);
  }

  /** It has its plan. From now on it waits like any other where memory is lost. */
  settled(model: string): void {
    this.#newcomers.delete(model);
  }

  isNew(model: string): boolean {
    return this.#newcomers.has(model);
  }

  /** Of models in the order in which they were asked for, the latest first, the one used least lately, else the oldest. */
  leastUsed<T extends { readonly id: string }>(models: readonly T[]): T | undefined {
    return models.toReversed().toSorted((a, b) => this.#at(a.id) - this.#at(b.id))[0];
  }

  #at(model: string): number {
    return this.#usedAt.get(model) ?? -Infinity;
  }
}
