/** Starts the planning thread when it is first needed. */
import { startThread, type Thread } from "../../models/compute/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { SolveAnswer, Solver, SolveRequest } from "./solver.ts";

/** Longer than the thread's own limits for solving, explaining and one what-if. */
const ANSWER_MILLISECONDS = 20_000;

/** Makes a solver on a thread of its own. A thread that ends or hangs is replaced at the next request. */
export function startSolver(clock: Clock): Solver {
  const waiting = new Map<number, { resolve(answer: SolveAnswer): void; reject(error: Error): void }>();
  let thread: Thread | undefined;
  let asked = 0;

  async function end(reason: string): Promise<void> {
    const ended = thread;
    thread = undefined;
    for (const { reject } of waiting.values()) reject(new Error(`The planner failed: ${reason}.`));
    waiting.clear();
    await ended?.terminate();
  }
  function start(): Thread {
    return startThread(new URL("./solver-thread.ts", import.meta.url), {
      onMessage(message) {
        const { id, answer, error } = message as { id: number; answer?: SolveAnswer; error?: string };
        const asker = waiting.get(id);
        waiting.delete(id);
        if (answer !== undefined) asker?.resolve(answer);
        else asker?.reject(new Error(`The planner failed: ${error}.`));
      },
      onEnd: (reason) => void end(reason),
    });
  }
  return {
    solve(request: SolveRequest) {
      const id = ++asked;
      thread ??= start();
      thread.post({ id, request }, []);
      const cancel = clock.after(ANSWER_MILLISECONDS, () => void end("it did not answer in time"));
      return new Promise<SolveAnswer>((resolve, reject) => waiting.set(id, { resolve, reject })).finally(cancel);
    },
    [Symbol.asyncDispose]: () => end("the daemon stops"),
  };
}
