/** Prompts in, events out, for code that is not an actor: the HTTP side of the gateway. */
import type { ActorSystem } from "../../runtime/actor/mod.ts";
import { gatewayOf } from "../addresses.ts";
import type { AnswerRequest } from "../conversation/protocol.ts";
import type { AnswerEvent } from "./answer.ts";

/**
 * Has a prompt answered. The events end with "finished" or "failed"; leaving the loop early, or aborting `signal`, cancels
 * the answer everywhere.
 */
export async function* answers(
  system: ActorSystem,
  device: string,
  request: AnswerRequest,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent, void> {
  const gone = new AbortController();
  const events: AnswerEvent[] = [];
  let wake = () => {};
  const onEvent = (event: AnswerEvent): void => {
    events.push(event);
    wake();
  };
  const either = AbortSignal.any([signal, gone.signal]);
  const onAbort = () => wake();
  either.addEventListener("abort", onAbort);
  system.tell(gatewayOf(device), { type: "prompt", request, listener: { onEvent, signal: either } });
  try {
    for (;;) {
      for (const event of events.splice(0)) {
        yield event;
        if (event.type === "finished" || event.type === "failed") return;
      }
      if (either.aborted) return;
      if (events.length === 0) await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    either.removeEventListener("abort", onAbort);
    gone.abort();
  }
}
