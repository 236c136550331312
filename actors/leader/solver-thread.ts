/** The thread of `solver.ts`: requests one after another, second opinions only while nobody waits. */
import { serveThread } from "../../runtime/host/thread.ts";
import { errorText } from "../../runtime/error-text.ts";
import type { SolveRequest, SolverWord } from "./solver.ts";
import { answer, reconsider } from "./study.ts";

const now = () => performance.now();

/** Requests that have come and are not answered. */
let waiting = 0;
let tail = Promise.resolve();

serveThread((message, post) => {
  const { id, request } = message as { id: number; request: SolveRequest };
  const say = (word: SolverWord) => post(word, []);
  waiting++;
  tail = tail.then(() => serve(id, request, say)).catch((error) => {
    say({ type: "failed", id, reason: errorText(error) });
  }).finally(() => waiting--);
});

async function serve(id: number, request: SolveRequest, say: (word: SolverWord) => void): Promise<void> {
  const first = await answer(request, now);
  const more = request.secondOpinion === true && first.outcome.type === "placed";
  say({ type: "answer", id, answer: first, last: !more });
  if (!more) return;
  // Lets messages in that have come meanwhile: whoever waits for a plan goes first.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const second = waiting > 1 ? undefined : await reconsider(request, first, now);
  say({ type: "answer", id, answer: second ?? first, last: true });
}
