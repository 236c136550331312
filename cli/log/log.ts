/** What a daemon writes down: entries that are grave enough, with those that repeat folded into one. */
import { every, systemClock } from "../../runtime/clock.ts";
import { type Entry, type Level, lineOf, reaches } from "./entry.ts";
import { Folding } from "./folding.ts";

/** How often it is looked whether what was folded is to be told. */
const LOOK_MILLISECONDS = 5000;

/** Where lines go. */
export interface Lines {
  /** Lines that could not be written since the latest that could. */
  readonly lost: number;
  write(line: string): boolean;
  close(): void;
}

/** What a log is made of. */
export interface LogOptions {
  readonly lines: Lines;
  /** The least grave that is written. */
  readonly level: Level;
  /** Milliseconds since 1970. Default: the machine's. */
  readonly now?: () => number;
}

/** A log; close it to have the last word written. */
export class Log implements Disposable {
  readonly #lines: Lines;
  readonly #level: Level;
  readonly #now: () => number;
  readonly #folding = new Folding();
  readonly #stopLooking: () => void;

  constructor({ lines, level, now = Date.now }: LogOptions) {
    this.#lines = lines;
    this.#level = level;
    this.#now = now;
    this.#stopLooking = every(systemClock, LOOK_MILLISECONDS, () => this.unfold());
  }

  /** Writes an entry, if it is grave enough and was not written just now. */
  write(level: Level, type: string, text: string): void {
    if (!reaches(level, this.#level)) return;
    this.unfold();
    const entry = { at: this.#now(), level, type, text };
    if (this.#folding.isNew(entry)) this.#put(entry);
  }

  /** Writes how often came what was folded and has come to an end of its time. */
  unfold(): void {
    for (const entry of this.#folding.due(this.#now())) this.#put(entry);
  }

  [Symbol.dispose](): void {
    this.#stopLooking();
    for (const entry of this.#folding.due(Infinity)) this.#put({ ...entry, at: this.#now() });
    this.#lines.close();
  }

  #put(entry: Entry): void {
    const { lost } = this.#lines;
    if (lost > 0) {
      const text = `${lost} lines could not be written: is the disk full?`;
      this.#lines.write(lineOf({ at: entry.at, level: "warn", type: "log", text }));
    }
    this.#lines.write(lineOf(entry));
  }
}
