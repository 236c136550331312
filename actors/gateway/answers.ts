/** Prompts in, events out, for code that is not an actor: the HTTP side of the gateway. */
import type { ActorSystem, AskFailure, Ref, Reply } from "../../runtime/actor/mod.ts";
import { gatewayOf } from "../addresses.ts";
import type { AnswerEvent, PromptRequest } from "./protocol.ts";

export interface AnswerSignals {
  /** The reader has gone. */
  readonly gone: AbortSignal;
  /** The daemon stops. */
  readonly closing: AbortSignal;
}

/** How long the gateway, an actor of the same device, may take to take a prompt. */
const TAKEN_MILLISECONDS = 5000;

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
  const listener = { onEvent, signal: ended };
  const make = (replyTo: Ref<Reply<"taken">>) => ({ type: "prompt" as const, prompt, listener, replyTo });
  void system.ask(gatewayOf(device), make, { timeoutMs: TAKEN_MILLISECONDS, signal: ended }).then((outcome) => {
    if (outcome.type !== "reply") onEvent(notTaken(outcome.type, outcome.reason));
  });
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

/** What a reader hears whose prompt the gateway did not take. */
function notTaken(failure: AskFailure, reason: string): AnswerEvent {
  const code = failure === "overloaded" ? "overloaded" : "interrupted";
  return { type: "failed", code, message: `This device takes no prompts right now: ${reason}.` };
}
