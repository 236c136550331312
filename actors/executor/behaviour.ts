/** The segment executor: runs rows through its blocks and passes them on, or samples and answers where it holds the head. */
import { type Behaviour, next, reply } from "../../runtime/actor/mod.ts";
import { admit, deviceLost, dismiss, enter, fail, keptFor, leave, open, release } from "./admission.ts";
import { discard, tokensOf } from "./budget.ts";
import type { HeritageMessage } from "./heritage-protocol.ts";
import {
  bequeathed,
  bequestWritten,
  defer,
  forgetDeferred,
  inherit,
  inherited,
  lapsed,
  resumeDeferred,
} from "./inheriting.ts";
import { lend, takeInventory } from "./lending.ts";
import { follow, forgetCopy, recall, sourceLost, takeCopy, written } from "./mirrored.ts";
import { advance, copied, lagOf, landed, mirrorDue, mirrorTo, passOnCopy } from "./mirroring.ts";
import type { Enter, Open } from "../pipeline.ts";
import { type CameBy, type ExecutorLook, type ExecutorMessage, parseExecutorMessage } from "./protocol.ts";
import { reread } from "./rereading.ts";
import type { SpanColumns } from "./spans.ts";
import { emptyState, type ExecutorOptions, type ExecutorState } from "./state.ts";
import { deliver, enqueue, pump, woken } from "./stepping.ts";

export type { ExecutorOptions, StepTimes } from "./state.ts";

/** Makes the behaviour of a segment. */
export function executor(options: ExecutorOptions): Behaviour<ExecutorState, ExecutorMessage> {
  return {
    accepts: parseExecutorMessage,
    start: (context) => emptyState(options, context),
    receive(state, message) {
      receive(state, message);
      pump(state);
      discard(state);
      // Behind the next step: the worker reads caches while this thread has the result of the last.
      if (message.type === "computed") advance(state);
      return next(state);
    },
    async stopped(state, { type, detail }) {
      dismiss(state, type === "crashed" ? `a segment has crashed: ${detail}` : "a segment was let go");
      await options.segment.close();
    },
  };
}

function receive(state: ExecutorState, message: ExecutorMessage): void {
  switch (message.type) {
    case "enter":
    case "open":
      return defer(state, message) ? undefined : begin(state, message);
    case "caught-up":
      return resumeDeferred(state, message.message) ? begin(state, message.message) : undefined;
    case "leave":
      forgetDeferred(state, message);
      return leave(state, message);
    case "forward":
      return enqueue(state, message);
    case "close": {
      forgetDeferred(state, message);
      const sequence = state.sequences.cameBy(message.sequence, message.from ?? state.context.device);
      return sequence === undefined ? undefined : release(state, sequence, keptFor(message));
    }
    case "reread":
      return reread(state);
    case "step-due":
      return woken(state);
    case "admit":
      return admit(state);
    case "not-taken-up": {
      const sequence = state.sequences.get(message.sequence);
      return sequence === undefined ? undefined : fail(state, sequence, message.reason);
    }
    case "mirror":
      return mirrorTo(state, message.to);
    case "follow":
      return follow(state, message.source);
    case "copy":
      return takeCopy(state, message, message.from ?? state.context.device);
    case "recall":
      return recall(state, message, message.from ?? state.context.device);
    case "forget":
      return forgetCopy(state, message, message.from ?? state.context.device);
    case "copied":
      return copied(state, message, message.from ?? state.context.device);
    case "mirror-due":
      return mirrorDue(state);
    case "cache-read":
      return passOnCopy(state, message);
    case "cache-unread":
      return landed(state, message.copy, false);
    case "cache-written":
      return written(state, message);
    case "computed":
      return deliver(state, message.outcome);
    case "device-lost":
      sourceLost(state, message.device);
      return deviceLost(state, message.device);
    case "look":
      return reply(state.context, message.replyTo, lookAt(state));
    case "spans":
      return reply(state.context, message.replyTo, spansOf(state, message.answer, message.since));
    default:
      return receiveHeritage(state, message);
  }
}

/** What is about caches that change hands. */
function receiveHeritage(state: ExecutorState, message: HeritageMessage): void {
  switch (message.type) {
    case "inherit":
      return inherit(state, message);
    case "bequest":
      return bequeathed(state, message);
    case "bequest-written":
      return bequestWritten(state, message);
    case "lapsed":
      return lapsed(state, message);
    case "inherited":
      return inherited(state);
    case "bequeath":
      state.heirs = new Set(message.heirs);
      return;
    case "take-inventory":
      return takeInventory(state, message.replyTo, message.from ?? state.context.device);
    case "lend":
      return lend(state, message, message.from ?? state.context.device);
    default:
      return message satisfies never;
  }
}

function begin(state: ExecutorState, message: Enter | (Open & CameBy)): void {
  if (message.type === "enter") enter(state, message);
  else open(state, message);
}

/** What is remembered of an answer; of none, with the clock alone, where it is not named. */
function spansOf({ spans, options: { clock } }: ExecutorState, answer: string, since?: number): SpanColumns {
  return spans.of(answer === "" ? undefined : `conversation-${answer}`, clock.now(), since);
}

function lookAt(state: ExecutorState): ExecutorLook {
  const { options, sequences, waiting, queue, steps, recent, guesses, spans, mix } = state;
  const { concurrency = options.slots, clock } = options;
  const unmirrored = lagOf(state);
  const levels = mix.counts();
  const stepMilliseconds = spans.stepMilliseconds(clock.now());
  return {
    slots: { taken: sequences.all().filter(({ idle }) => !idle).length, all: concurrency },
    tokens: tokensOf(state),
    waiting: waiting.length,
    queued: queue.lengths,
    steps,
    ...(unmirrored === undefined ? {} : { unmirrored }),
    ...(guesses.accepted + guesses.rejected === 0 ? {} : { guesses: { ...guesses } }),
    ...recent.rates(clock.now()),
    ...(levels.length === 0 ? {} : { levels }),
    ...(stepMilliseconds === undefined ? {} : { stepMilliseconds }),
  };
}
