/** Reads a log: its latest entries, and what is written to it from then on. */
import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { latestLogFile, logFiles } from "../../runtime/host/mod.ts";
import { type Entry, entryOf, type Level, reaches } from "./entry.ts";

/** How often it is looked for more. */
const LOOK_MILLISECONDS = 250;
const READ_BYTES = 64 * 1024;

/** A log as somebody reads it. */
export class LogReader implements AsyncDisposable {
  readonly #dataDir: string;
  readonly #level: Level;
  readonly #tail = new Tail();

  /** Reads entries of at least this level. */
  constructor(dataDir: string, level: Level) {
    this.#dataDir = dataDir;
    this.#level = level;
  }

  /** The latest `count`, the oldest first. */
  async latest(count: number): Promise<Entry[]> {
    const path = latestLogFile(this.#dataDir);
    await this.#tail.open(path);
    let entries = this.#entries(await this.#tail.read());
    for (const file of logFiles(this.#dataDir).filter((file) => file !== path).reverse()) {
      if (entries.length >= count) break;
      // One that has just gone, as the oldest, has nothing to add.
      const text = await readFile(file, "utf8").catch(() => "");
      entries = [...this.#entries(text.split("\n")), ...entries];
    }
    return count === 0 ? [] : entries.slice(-count);
  }

  /** What comes after what was read, until `signal` is aborted: through rotations, and daemons that end and begin. */
  async *follow(signal: AbortSignal): AsyncGenerator<Entry, void> {
    const path = latestLogFile(this.#dataDir);
    while (!signal.aborted) {
      // Looked at before it is read: what was written just before the file stepped back is then read too.
      const still = await this.#tail.isAt(path);
      yield* this.#entries(await this.#tail.read());
      if (!still && await this.#tail.open(path)) continue;
      await delay(LOOK_MILLISECONDS, undefined, { signal }).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tail.close();
  }

  #entries(lines: readonly string[]): Entry[] {
    return lines.flatMap((line) => entryOf(line) ?? []).filter(({ level }) => reaches(level, this.#level));
  }
}

/** A file that grows. */
class Tail {
  #file: FileHandle | undefined;
  #inode: bigint | undefined;
  #at = 0;
  #rest = "";
  #decoder = new TextDecoder();

  /** Goes over to a file, from its beginning; false where there is none. */
  async open(path: string): Promise<boolean> {
    const file = await open(path, "r").catch(() => undefined);
    if (file === undefined) return false;
    await this.close();
    this.#file = file;
    this.#inode = (await file.stat({ bigint: true })).ino;
    this.#at = 0;
    this.#rest = "";
    this.#decoder = new TextDecoder();
    return true;
  }

  /** Whole lines that have come. */
  async read(): Promise<string[]> {
    const lines: string[] = [];
    const buffer = new Uint8Array(READ_BYTES);
    for (;;) {
      const read = await this.#file?.read(buffer, 0, buffer.length, this.#at);
      if (read === undefined || read.bytesRead === 0) return lines;
      this.#at += read.bytesRead;
      const text = this.#rest + this.#decoder.decode(buffer.subarray(0, read.bytesRead), { stream: true });
      const parts = text.split("\n");
      this.#rest = parts.pop() ?? "";
      lines.push(...parts);
    }
  }

  /** Whether it is the file at `path`, which has not been cut either. */
  async isAt(path: string): Promise<boolean> {
    if (this.#file === undefined) return false;
    const now = await stat(path, { bigint: true }).catch(() => undefined);
    // Between the two steps of a rotation there is none: what is open is all there is.
    return now === undefined || (now.ino === this.#inode && Number(now.size) >= this.#at);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}
