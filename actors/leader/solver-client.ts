/** Starts the planning thread when it is first needed. */
import { startThread, type Thread } from "../../runtime/host/thread.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { SolveAnswer, Solver, SolveRequest, SolverWord } from "./solver.ts";

/** Longer than the thread's own limits for solving, explaining, one what-if and a second opinion. */
const ANSWER_MILLISECONDS = 22_000;

/**
 * Makes a solver on a thread of its own. A thread that ends or hangs is replaced at the next request.
 *
 * @param begin starts a module as a thread; tests have their own
 */
export function startSolver(clock: Clock, begin: typeof startThread = startThread): Solver {
  return new ThreadSolver(clock, begin);
}

/** A request that is not answered, or only for the first time. */
interface Asked {
  readonly request: SolveRequest;
  readonly resolve: (answer: SolveAnswer) => void;
  readonly reject: (error: Error) => void;
  /** An answer that a second opinion would only add to. */
  first?: SolveAnswer;
}

class ThreadSolver implements Solver {
  readonly #clock: Clock;
  readonly #begin: typeof startThread;
  readonly #waiting = new Map<number, Asked>();
  #thread: Thread | undefined;
  #asked = 0;
  #over = false;

  constructor(clock: Clock, begin: typeof startThread) {
    this.#clock = clock;
    this.#begin = begin;
  }

  prepare(): void {
    if (!this.#over) this.#thread ??= this.#start();
  }

  solve(request: SolveRequest): Promise<SolveAnswer> {
    const id = ++this.#asked;
    return new Promise<SolveAnswer>((resolve, reject) => {
      const cancel = this.#clock.after(ANSWER_MILLISECONDS, () => void this.#end("it did not answer in time"));
      this.#waiting.set(id, {
        request,
        resolve: (answer) => (cancel(), resolve(answer)),
        reject: (error) => (cancel(), reject(error)),
      });
      this.#post(id, request);
      this.#hurry();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    return this.#end("the daemon stops");
  }

  /** Ends the thread, and with it every request: with its first answer where there is one. */
  #end(reason: string): Promise<void> {
    for (const { first, resolve, reject } of this.#waiting.values()) {
      if (first === undefined) reject(new Error(`The planner failed: ${reason}.`));
      else resolve(first);
    }
    this.#waiting.clear();
    return this.#stop();
  }

  async #stop(): Promise<void> {
    const ended = this.#thread;
    this.#thread = undefined;
    await ended?.terminate();
  }

  #post(id: number, request: SolveRequest): void {
    this.#thread ??= this.#start();
    this.#thread.post({ id, request }, []);
  }

  #start(): Thread {
    const started: Thread = this.#begin(new URL("./solver-thread.ts", import.meta.url), {
      // A thread that was replaced may still speak.
      onMessage: (message) => started === this.#thread && this.#hear(message as SolverWord),
      onEnd: (reason) => started === this.#thread && void this.#end(reason),
    });
    return started;
  }

  #hear(word: SolverWord): void {
    const asker = this.#waiting.get(word.id);
    if (asker === undefined) return;
    if (word.type === "answer" && !word.last) {
      asker.first = word.answer;
      return this.#hurry();
    }
    this.#waiting.delete(word.id);
    if (word.type === "answer") asker.resolve(word.answer);
    else asker.reject(new Error(`The planner failed: ${word.reason}.`));
  }

  /** Nobody waits for somebody else's second opinion: HiGHS cannot be interrupted, so its thread ends. */
  #hurry(): void {
    const answered = [...this.#waiting].filter(([, { first }]) => first !== undefined);
    if (answered.length === 0 || answered.length === this.#waiting.size) return;
    for (const [id, { first, resolve }] of answered) {
      this.#waiting.delete(id);
      if (first !== undefined) resolve(first);
    }
    void this.#stop();
    for (const [id, { request }] of this.#waiting) this.#post(id, request);
  }
}
