/** Which level of the model each slot holds. */
import type { Caches } from "./caches.ts";

/** The caches of a level. */
interface Room {
  readonly caches: Caches;
}

export class SlotLevels {
  /** By level, from the least. */
  readonly #rooms: readonly Room[];
  readonly #levels: Int32Array;

  constructor(rooms: readonly Room[], slots: number) {
    this.#rooms = rooms;
    this.#levels = new Int32Array(slots).fill(rooms.length);
  }

  levelOf(slot: number): number {
    return this.#levels[slot] ?? this.#rooms.length;
  }

  /** Where what a slot holds lies. */
  cacheOf(slot: number): Caches {
    return (this.#rooms[this.levelOf(slot) - 1] as Room).caches;
  }

  /** A slot holds this level from now on. What it held of another one is worthless, and its memory goes back. */
  hold(slot: number, level: number): void {
    this.#requireLevel(level);
    if (slot < 0 || slot >= this.#levels.length || this.levelOf(slot) === level) return;
    this.cacheOf(slot).discard(slot);
    this.#levels[slot] = level;
  }

  /** @throws {RangeError} for a level that there is not, and for a row that goes on from another level. */
  require(slot: number, position: number, level: number): void {
    this.#requireLevel(level);
    if (position > 0 && this.levelOf(slot) !== level) {
      throw new RangeError(
        `A step goes on at level ${level} in slot ${slot}, which holds level ${this.levelOf(slot)}.`,
      );
    }
  }

  #requireLevel(level: number): void {
    if (this.#rooms[level - 1] === undefined) {
      throw new RangeError(`A step asks for level ${level}; this segment has ${this.#rooms.length}.`);
    }
  }
}
