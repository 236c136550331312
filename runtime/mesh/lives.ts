/**
 * Which processes were met under one device's identity. A process has one life: it ends before the next begins, for a data
 * folder is locked. So two that are there at the same time are two machines with one identity. Pure, but for its memory.
 */

/** A life that began goes on to be met; messages of the one before may still be on their way for a moment. */
const OVERLAP_MILLISECONDS = 2000;
/** A connection of a life that is over is closed after this long: silence is noticed in 2 s, an idle one is closed in 5. */
const OUTLIVES_MILLISECONDS = 8000;
/** What was seen holds for so long: the one that was just put off the line by the other learns of it when it comes back. */
const HOLDS_MILLISECONDS = 120_000;
/** Lives that are remembered of a device, and devices. The one met longest ago gives way. */
const MAX_LIVES = 4;
const MAX_DEVICES = 256;

interface Life<C> {
  readonly since: number;
  readonly connections: readonly C[];
  /** When it was last seen to go on beside another one. */
  besideAt: number;
}

/** The lives of devices. `C` is a connection. */
export class Lives<C> {
  readonly #isOpen: (connection: C) => boolean;
  readonly #devices = new Map<string, Map<string, Life<C>>>();

  /** `isOpen`: whether a connection has not been closed. */
  constructor(isOpen: (connection: C) => boolean) {
    this.#isOpen = isOpen;
  }

  /**
   * A life of a device was met at `now` (milliseconds) over a connection. Returns connections of other lives that go on beside
   * it, none where they are not open at the moment; undefined where no other goes on, as far as is known.
   */
  met(device: string, life: string, connection: C, now: number): readonly C[] | undefined {
    const lives = this.#livesOf(device);
    const before = lives.get(life);
    const own: Life<C> = {
      since: before?.since ?? now,
      connections: [...this.#open(before), connection],
      besideAt: before?.besideAt ?? -Infinity,
    };
    lives.delete(life);
    lives.set(life, own);
    for (const oldest of lives.keys()) if (lives.size > MAX_LIVES) lives.delete(oldest);
    const beside = [...lives.values()].filter((other) => other !== own && this.#goesOn(own, other, now));
    for (const life of beside.length === 0 ? [] : [own, ...beside]) life.besideAt = now;
    if (now - own.besideAt > HOLDS_MILLISECONDS) return undefined;
    return beside.flatMap((other) => this.#open(other));
  }

  /** Whether lives of a device were seen to go on beside each other lately. */
  isDouble(device: string, now: number): boolean {
    return [...this.#devices.get(device)?.values() ?? []].some(({ besideAt }) => now - besideAt <= HOLDS_MILLISECONDS);
  }

  /** Whether `other` goes on beside `own`, which was just met. */
  #goesOn(own: Life<C>, other: Life<C>, now: number): boolean {
    // It was there before the other, and is there after it.
    if (own.since < other.since) return now - other.since > OVERLAP_MILLISECONDS;
    return now - own.since > OUTLIVES_MILLISECONDS && this.#open(other).length > 0;
  }

  #open(life: Life<C> | undefined): readonly C[] {
    return life?.connections.filter(this.#isOpen) ?? [];
  }

  #livesOf(device: string): Map<string, Life<C>> {
    const lives = this.#devices.get(device) ?? new Map<string, Life<C>>();
    this.#devices.delete(device);
    this.#devices.set(device, lives);
    for (const oldest of this.#devices.keys()) if (this.#devices.size > MAX_DEVICES) this.#devices.delete(oldest);
    return lives;
  }
}
