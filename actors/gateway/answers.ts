/** Prompts in, events out, for code that is not an actor: the HTTP side of the gateway. */
import type { ActorSystem } from "../../runtime/actor/mod.ts";
import { gatewayOf } from "../addresses.ts";
import type { AnswerEvent, PromptRequest } from "./protocol.ts";

export interface AnswerSignals {
  /** The reader has gone. */
  readonly gone: AbortSignal;
  /** The daemon stops. */
  readonly closing: AbortSignal;
}

const STOPPED: AnswerEvent = {
  type: "failed",
  code: "interrupted",
  message: "The answer broke off: this device's daemon is being stopped. Send the prompt to another device.",
};

/**
 * Has a prompt answered. The events end with "finished" or "failed"; leaving the loop early, or either signal, cancels the
 * answer everywhere.
 */
export async function* answers(
  system: ActorSystem,
  device: string,
  prompt: PromptRequest,
  { gone, closing }: AnswerSignals,
): AsyncGenerator<AnswerEvent, void> {
  const left = new AbortController();
  const events: AnswerEvent[] = [];
  let wake = () => {};
  const onEvent = (event: AnswerEvent): void => {
    events.push(event);
    wake();
  };
  const ended = AbortSignal.any([gone, closing, left.signal]);
  const onAbort = () => wake();
  ended.addEventListener("abort", onAbort);
  system.tell(gatewayOf(device), { type: "prompt", prompt, listener: { onEvent, signal: ended } });
  try {
    for (;;) {
      for (const event of events.splice(0)) {
        yield event;
        if (event.type === "finished" || event.type === "failed") return;
      }
      if (closing.aborted && !gone.aborted) {
        yield STOPPED;
        return;
      }
      if (ended.aborted) return;
      if (events.length === 0) await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    ended.removeEventListener("abort", onAbort);
    left.abort();
  }
}
