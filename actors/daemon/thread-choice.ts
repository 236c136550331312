/** How many threads a device computes with: as many as it was told, or as trials say. */
import type { Compute } from "../../models/compute/mod.ts";
import { systemClock } from "../../runtime/clock.ts";
import { bestThreads, type Trial, type TrialsOptions, tryThreads } from "./rates.ts";

/**
 * How long a device that joins others leaves its processor to joining before it tries threads: its first answer is theirs,
 * and a trial beside that would measure both.
 */
const JOINING_MILLISECONDS = 2000;

/** What the choice is made from. */
export interface ThreadChoiceOptions extends TrialsOptions {
  /** Absent: what is measured best. */
  readonly threads?: number;
  readonly cores: number;
  /** Whether the device joins others now. */
  readonly joins: boolean;
  /** Starts a worker with so many threads, for a trial. */
  readonly start: (threads: number) => Pick<Compute, "probe" | "close">;
  readonly onChoice: (choice: { readonly threads: number; readonly trials: readonly Trial[] }) => void;
}

/** A choice that is made once, when it is first asked for; disposing of it ends the trial that is under way. */
export class ThreadChoice implements AsyncDisposable {
  readonly #options: ThreadChoiceOptions;
  #choice: Promise<number> | undefined;
  #trial: Pick<Compute, "close"> | undefined;
  #cancel = (): void => {};
  #isOver = false;

  constructor(options: ThreadChoiceOptions) {
    this.#options = options;
  }

  /** The number of threads, once it is known: never where the device stops before it tries. @throws {Error} where a trial fails. */
  threads(): Promise<number> {
    return this.#choice ??= this.#choose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#cancel();
    await this.#trial?.close();
  }

  async #choose(): Promise<number> {
    const { threads: told, onChoice } = this.#options;
    if (told !== undefined) return told;
    const calm = once(() => this.#calm());
    const trials = await tryThreads(this.#options, async (threads) => {
      await calm();
      return this.#start(threads);
    });
    const threads = bestThreads(trials);
    onChoice({ threads, trials });
    return threads;
  }

  /** Waits until the device has joined. */
  #calm(): Promise<void> {
    if (!this.#options.joins) return Promise.resolve();
    return new Promise((resolve) => this.#cancel = systemClock.after(JOINING_MILLISECONDS, resolve));
  }

  #start(threads: number): Pick<Compute, "probe" | "close"> {
    if (this.#isOver) throw new Error("The daemon stops.");
    const trial = this.#options.start(threads);
    this.#trial = trial;
    return trial;
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
