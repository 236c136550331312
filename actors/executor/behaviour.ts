/** The segment executor: runs rows through its blocks and passes them on, or samples and answers where it holds the head. */
import { type Behaviour, next, reply } from "../../runtime/actor/mod.ts";
import { admit, deviceLost, dismiss, enter, fail, leave, open, release } from "./admission.ts";
import { type ExecutorLook, type ExecutorMessage, parseExecutorMessage } from "./protocol.ts";
import { emptyState, type ExecutorOptions, type ExecutorState } from "./state.ts";
import { deliver, enqueue, pump } from "./stepping.ts";

export type { ExecutorOptions, StepTimes } from "./state.ts";

/** Makes the behaviour of a segment. */
export function executor(options: ExecutorOptions): Behaviour<ExecutorState, ExecutorMessage> {
  return {
    accepts: parseExecutorMessage,
    start: (context) => emptyState(options, context),
    receive(state, message) {
      receive(state, message);
      pump(state);
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
      return enter(state, message);
    case "leave":
      return leave(state, message);
    case "open":
      return open(state, message);
    case "forward":
      return enqueue(state, message);
    case "close": {
      const sequence = state.sequences.cameBy(message.sequence, message.from ?? state.context.device);
      return sequence === undefined ? undefined : release(state, sequence, message.keep);
    }
    case "admit":
      return admit(state);
    case "not-taken-up": {
      const sequence = state.sequences.get(message.sequence);
      return sequence === undefined ? undefined : fail(state, sequence, message.reason);
    }
    case "computed":
      return deliver(state, message.outcome);
    case "device-lost":
      return deviceLost(state, message.device);
    case "look":
      return reply(state.context, message.replyTo, lookAt(state));
    default:
      return message satisfies never;
  }
}

function lookAt({ options, sequences, waiting, queue, steps, recent }: ExecutorState): ExecutorLook {
  return {
    slots: { taken: sequences.taken, all: sequences.capacity },
    waiting: waiting.length,
    queued: queue.lengths,
    steps,
    ...recent.rates(options.clock.now()),
  };
}
