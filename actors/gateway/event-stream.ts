/** The stream of what happens in the mesh, as lines of JSON. */
import type { Happening } from "../inspector/happening.ts";
import type { EventLine } from "./api.ts";

/** Happenings that may wait for a slow reader; the oldest are dropped, and counted, beyond it. */
const MAX_WAITING_EVENTS = 10_000;
/** After so long without one an empty line is sent, so that nobody in between takes the stream for dead. */
const QUIET_MILLISECONDS = 15_000;

/** Where happenings come from: calls the listener until the returned function is called. */
export type Source = (listener: (happenings: readonly Happening[], missed: number) => void) => () => void;

/** Follows a source from now on until `signal` is aborted or the reader leaves. */
export function eventStream(
  source: Source,
  signal: AbortSignal,
  after: (milliseconds: number, action: () => void) => () => void,
): ReadableStream<Uint8Array> {
  const waiting: Happening[] = [];
  let missed = 0;
  let wake = () => {};
  const unsubscribe = signal.aborted ? () => {} : source((happenings, before) => {
    missed += before;
    waiting.push(...happenings);
    const beyond = waiting.length - MAX_WAITING_EVENTS;
    if (beyond > 0) missed += waiting.splice(0, beyond).length;
    wake();
  });
  const end = (): void => {
    unsubscribe();
    wake();
  };
  if (!signal.aborted) signal.addEventListener("abort", end, { once: true });
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (waiting.length + missed === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const cancel = after(QUIET_MILLISECONDS, resolve);
          wake = () => (cancel(), resolve());
        });
      }
      if (signal.aborted) return controller.close();
      // What was missed came before all that still waits.
      const lines: EventLine[] = missed > 0 ? [{ type: "missed", events: missed }] : [];
      lines.push(...waiting.splice(0));
      missed = 0;
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      controller.enqueue(encoder.encode(text === "" ? "\n" : text));
    },
    cancel: end,
  });
}
