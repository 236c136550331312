/** A file of lines that does not grow without bounds: when it is full it steps back, and the oldest of those before it goes. */
import {
  chmodSync,
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { errorText } from "../error-text.ts";

/** How many files there may be, and how large each. */
export interface LogBounds {
  readonly files: number;
  readonly bytes: number;
}

/** 25 MiB for months of a quiet mesh, and still hours of a busy one. */
export const LOG_BOUNDS: LogBounds = { files: 5, bytes: 5 * 1024 ** 2 };

const NAME = "skein.log";

/** Where a data folder's log is. */
export function logFolder(dataDir: string): string {
  return join(dataDir, "logs");
}

/** The files of a log that are there, the oldest first. */
export function logFiles(dataDir: string): string[] {
  const folder = logFolder(dataDir);
  const ages = namesIn(folder).flatMap((name) => ageOf(name) ?? []);
  return ages.sort((a, b) => b - a).map((age) => fileOf(folder, age));
}

/** The file that is written to, be it there or not. */
export function latestLogFile(dataDir: string): string {
  return fileOf(logFolder(dataDir), 0);
}

/**
 * A log that one process writes to. Lines are written at once and in the calling thread: the last words before a crash are
 * those that are wanted most. What cannot be written (the disk is full) is dropped, and told of by the next line that can.
 */
export class LogFile {
  readonly #folder: string;
  readonly #bounds: LogBounds;
  #file: number | undefined;
  #bytes = 0;
  #lost = 0;
  #trouble: string | undefined;

  /** Makes the folder (mode 0700) and the file (mode 0600) where they are not there. */
  constructor(dataDir: string, bounds: LogBounds = LOG_BOUNDS) {
    this.#folder = logFolder(dataDir);
    this.#bounds = bounds;
    try {
      this.#open();
    } catch (error) {
      this.#trouble = errorText(error);
    }
  }

  /** How many lines could not be written since the latest that could. */
  get lost(): number {
    return this.#lost;
  }

  /** Why the latest line could not be written, or none will be; undefined where all is well. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Writes a line; `line` has no line break. Whether it could. */
  write(line: string): boolean {
    const bytes = Buffer.from(`${line}\n`);
    try {
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#bounds.bytes) this.#rotate();
      writeSync(this.#file ?? this.#open(), bytes);
      this.#bytes += bytes.length;
      this.#lost = 0;
      this.#trouble = undefined;
      return true;
    } catch (error) {
      this.#lost++;
      this.#trouble = errorText(error);
      return false;
    }
  }

  close(): void {
    if (this.#file === undefined) return;
    try {
      fsyncSync(this.#file);
    } catch {
      // A disk that is full or gone: there is nobody left to tell.
    }
    closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): number {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    chmodSync(this.#folder, 0o700);
    const path = fileOf(this.#folder, 0);
    this.#file = openSync(path, "a", 0o600);
    chmodSync(path, 0o600);
    this.#bytes = fstatSync(this.#file).size;
    return this.#file;
  }

  #rotate(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    const last = this.#bounds.files - 1;
    const ages = namesIn(this.#folder).flatMap((name) => ageOf(name) ?? []).sort((a, b) => b - a);
    for (const age of ages) {
      const path = fileOf(this.#folder, age);
      if (age >= last) rmSync(path, { force: true });
      else renameSync(path, fileOf(this.#folder, age + 1));
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** 0 for the file that is written to, 1 for the one before it, and so on; undefined for what is no log. */
function ageOf(name: string): number | undefined {
  if (name === NAME) return 0;
  const [, age] = name.match(/^skein\.log\.([1-9]\d{0,2})$/) ?? [];
  return age === undefined ? undefined : Number(age);
}

function fileOf(folder: string, age: number): string {
  return join(folder, age === 0 ? NAME : `${NAME}.${age}`);
}
