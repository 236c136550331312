/** Starts the planning thread when it is first needed. */
import { startThread, type Thread } from "../../models/compute/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { SolveAnswer, Solver, SolveRequest, SolverWord } from "./solver.ts";

/** Longer than the thread's own limits for solving, explaining, one what-if and a second opinion. */
const ANSWER_MILLISECONDS = 22_000;

/** A request that is not answered, or only for the first time. */
interface Asked {
  readonly request: SolveRequest;
  readonly resolve: (answer: SolveAnswer) => void;
  readonly reject: (error: Error) => void;
  /** An answer that a second opinion would only add to. */
  first?: SolveAnswer;
}

/**
 * Makes a solver on a thread of its own. A thread that ends or hangs is replaced at the next request.
 *
 * @param begin starts a module as a thread; tests have their own
 */
export function startSolver(clock: Clock, begin: typeof startThread = startThread): Solver {
  const waiting = new Map<number, Asked>();
  let thread: Thread | undefined;
  let asked = 0;

  async function end(reason: string): Promise<void> {
    for (const { first, resolve, reject } of waiting.values()) {
      if (first === undefined) reject(new Error(`The planner failed: ${reason}.`));
      else resolve(first);
    }
    waiting.clear();
    await stop();
  }
  async function stop(): Promise<void> {
    const ended = thread;
    thread = undefined;
    await ended?.terminate();
  }
  function hear(word: SolverWord): void {
    const asker = waiting.get(word.id);
    if (asker === undefined) return;
    if (word.type === "answer" && !word.last) {
      asker.first = word.answer;
      return hurry();
    }
    waiting.delete(word.id);
    if (word.type === "answer") asker.resolve(word.answer);
    else asker.reject(new Error(`The planner failed: ${word.reason}.`));
  }
  function post(id: number, { request }: Asked): void {
    thread ??= start();
    thread.post({ id, request }, []);
  }
  /** Nobody waits for somebody else's second opinion: HiGHS cannot be interrupted, so its thread ends. */
  function hurry(): void {
    const answered = [...waiting].filter(([, { first }]) => first !== undefined);
    if (answered.length === 0 || answered.length === waiting.size) return;
    for (const [id, { first, resolve }] of answered) {
      waiting.delete(id);
      if (first !== undefined) resolve(first);
    }
    void stop();
    for (const [id, each] of waiting) post(id, each);
  }
  function start(): Thread {
    const started: Thread = begin(new URL("./solver-thread.ts", import.meta.url), {
      // A thread that was replaced may still speak.
      onMessage: (message) => started === thread && hear(message as SolverWord),
      onEnd: (reason) => started === thread && void end(reason),
    });
    return started;
  }
  return {
    solve(request: SolveRequest) {
      const id = ++asked;
      return new Promise<SolveAnswer>((resolve, reject) => {
        const cancel = clock.after(ANSWER_MILLISECONDS, () => void end("it did not answer in time"));
        const each: Asked = {
          request,
          resolve: (answer) => (cancel(), resolve(answer)),
          reject: (error) => (cancel(), reject(error)),
        };
        waiting.set(id, each);
        post(id, each);
        hurry();
      });
    },
    [Symbol.asyncDispose]: () => end("the daemon stops"),
  };
}
