/** The lives of a device's compute worker: it starts when it is first needed, and anew where it has died, a few times. */
import { ComputeGoneError } from "./errors.ts";
import type { ComputeOptions } from "./messages.ts";
import { type StartThread, startWorker, type WorkerClient } from "./worker-client.ts";

/** How long the step under way may go on when the worker is closed. */
const STOP_MILLISECONDS = 3000;
/** A worker that dies more often than this… */
const DEATHS = 5;
/** …within this time will not be better the next time. */
const DEATHS_MILLISECONDS = 60_000;
const CLOSED = "The compute worker was closed.";

/** What a worker is started with; how many threads may not be known before one is needed. */
export interface LivesOptions extends Omit<ComputeOptions, "threads"> {
  readonly threads: number | (() => Promise<number>);
}

/** One worker at a time, or none. */
export class WorkerLives {
  readonly #options: LivesOptions;
  readonly #startThread: StartThread;
  readonly #deaths: number[] = [];
  #worker: WorkerClient | undefined;
  #closed = false;

  constructor(options: LivesOptions, startThread: StartThread) {
    this.#options = options;
    this.#startThread = startThread;
  }

  /** Starts the worker where there has been none yet. */
  prepare(): void {
    // What goes wrong here goes wrong again for whoever needs it.
    if (this.#worker === undefined) this.worker().catch(() => {});
  }

  /**
   * The worker; a new one where there is none yet, or in place of one that has died.
   * @throws {ComputeGoneError} where it has been closed, or has died too often.
   */
  async worker(): Promise<WorkerClient> {
    const { threads: told, ...options } = this.#options;
    const threads = typeof told === "number" ? told : await told();
    if (this.#closed) throw new ComputeGoneError(CLOSED);
    const before = this.#worker?.gone;
    if (before !== undefined) this.#mourn(before);
    return this.#worker ??= startWorker({ ...options, threads }, this.#startThread);
  }

  /** Ends a worker that is not needed any more. */
  async letGo(own: WorkerClient): Promise<void> {
    if (this.#worker === own && !this.#closed) this.#worker = undefined;
    await own.end(CLOSED, STOP_MILLISECONDS);
  }

  /** Ends the worker from one moment to the next. */
  async crash(): Promise<void> {
    await this.#worker?.end("The compute worker failed: it was ended.", 0);
  }

  /** Ends the worker for good. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.end(CLOSED, STOP_MILLISECONDS);
  }

  #mourn(reason: ComputeGoneError): void {
    const now = performance.now();
    this.#deaths.push(now);
    const recent = this.#deaths.filter((at) => now - at < DEATHS_MILLISECONDS).length;
    if (recent >= DEATHS) {
      throw new ComputeGoneError(`The compute worker has died ${recent} times in a minute. ${reason.message}`);
    }
    this.#worker = undefined;
  }
}
