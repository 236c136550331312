/** Repeated entries as one: the first is told at once, how many more came once a minute has passed. */
import type { Entry } from "./entry.ts";

/** How long the same again is counted, not told. */
const FOLD_MILLISECONDS = 60_000;
/** Texts that are remembered; the one that was first told longest ago gives way. */
const MAX_REMEMBERED = 64;

interface Told {
  readonly since: number;
  latest: Entry;
  more: number;
}

/** Remembers what was told lately. */
export class Folding {
  /** By what is the same about entries, in the order of their first telling. */
  readonly #told = new Map<string, Told>();
  readonly #displaced: Told[] = [];

  /** Whether an entry is to be told; otherwise it is counted. */
  isNew(entry: Entry): boolean {
    const key = sameness(entry);
    const told = this.#told.get(key);
    if (told !== undefined) {
      told.more++;
      told.latest = entry;
      return false;
    }
    this.#told.set(key, { since: entry.at, latest: entry, more: 0 });
    for (const [oldest, other] of this.#told) {
      if (this.#told.size <= MAX_REMEMBERED) break;
      this.#told.delete(oldest);
      this.#displaced.push(other);
    }
    return true;
  }

  /** What is to be told of those that were counted: the latest of each, and how many there were. */
  due(now: number): Entry[] {
    const over = this.#displaced.splice(0);
    for (const [key, told] of this.#told) {
      // A wall clock may step back; what was told in the future is over.
      if (now - told.since < FOLD_MILLISECONDS && now >= told.since) continue;
      this.#told.delete(key);
      over.push(told);
    }
    return over.filter(({ more }) => more > 0).map(({ latest, more, since }) => {
      const seconds = Math.max(1, Math.round((latest.at - since) / 1000));
      return { ...latest, text: `${latest.text} (${more} more like it in ${seconds} s)` };
    });
  }
}

/** Complaints that differ in numbers alone are the same: ports, attempts, milliseconds. */
function sameness({ level, type, text }: Entry): string {
  const shape = level === "warn" || level === "error" ? text.replaceAll(/\d+(?:\.\d+)?/g, "0") : text;
  return `${level} ${type} ${shape}`;
}
