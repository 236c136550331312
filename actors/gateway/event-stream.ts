/** The stream of a device's events, as lines of JSON. */
import type { Inspect } from "../../runtime/actor/mod.ts";
import type { EventLine } from "./api.ts";

/** Events that may wait for a slow reader; the oldest are dropped, and counted, beyond it. */
const MAX_WAITING_EVENTS = 10_000;

/** Follows the events from now on until `signal` is aborted or the reader leaves. */
export function eventStream(inspect: Pick<Inspect, "subscribe">, signal: AbortSignal): ReadableStream<Uint8Array> {
  const waiting: EventLine[] = [];
  let missed = 0;
  let wake = () => {};
  const unsubscribe = inspect.subscribe((event) => {
    waiting.push(event);
    if (waiting.length > MAX_WAITING_EVENTS) {
      waiting.shift();
      missed++;
    }
    wake();
  });
  const end = (): void => {
    unsubscribe();
    wake();
  };
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (waiting.length === 0 && !signal.aborted) await new Promise<void>((resolve) => wake = resolve);
      if (signal.aborted) return controller.close();
      // What was missed came before all that still waits.
      const lines: EventLine[] = missed > 0 ? [{ type: "missed", events: missed }] : [];
      lines.push(...waiting.splice(0));
      missed = 0;
      controller.enqueue(encoder.encode(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
    },
    cancel: unsubscribe,
  });
}
