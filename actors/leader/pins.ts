/** Splits that people asked for: each device remembers the latest of each model, so that they outlive whoever leads. */
import { comparePlans, type PlanNumber } from "../plan-number.ts";
import type { Pin } from "../recall.ts";
import type { Split } from "./policy.ts";

/** Models whose splits are remembered: what members make up must not fill the memory. */
const MAX_PINS = 64;
/** More than a leader ever numbers in a term. */
const MAX_EPOCH = 2 ** 40;

/** The latest split of each model, by the model's id. */
export class Pins {
  readonly #pins = new Map<string, Pin>();

  get(model: string): Pin | undefined {
    return this.#pins.get(model);
  }

  /** A person asks for a split, or for none: later than all that is known, whatever others have said. */
  ask(model: string, split: Split | null, number: PlanNumber): void {
    const known = this.#pins.get(model)?.number;
    const epoch = known?.term === number.term ? Math.max(number.epoch, known.epoch + 1) : number.epoch;
    this.#keep(model, { split, number: { term: number.term, epoch } });
  }

  /**
   * Another device has heard of a split; one that bears a term which no election has reached was made up, and could never be
   * replaced.
   * @returns whether it is later than what was known
   */
  recall(model: string, pin: Pin, term: number): boolean {
    const known = this.#pins.get(model);
    if (pin.number.term > term || pin.number.epoch > MAX_EPOCH) return false;
    if (known !== undefined && comparePlans(pin.number, known.number) <= 0) return false;
    this.#keep(model, pin);
    return true;
  }

  /**
   * Keeps to the split of a charter. It counts from before all that leaders of these elections have numbered: where the
   * split is the one that is known, the number that it bears already stands.
   * @returns whether it is another split than what was known
   */
  settle(model: string, split: Split | null, charter: number): boolean {
    const known = this.#pins.get(model)?.split ?? null;
    if (JSON.stringify(known) === JSON.stringify(split)) return false;
    this.#keep(model, { split, number: { term: 0, epoch: charter } });
    return true;
  }

  #keep(model: string, pin: Pin): void {
    this.#pins.delete(model);
    this.#pins.set(model, pin);
    const [oldest] = this.#pins.keys();
    if (this.#pins.size > MAX_PINS && oldest !== undefined) this.#pins.delete(oldest);
  }
}
