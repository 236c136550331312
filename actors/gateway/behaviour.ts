/** The gateway: where prompts enter a device. It knows the plan in force and starts an answer for each prompt. */
import { type Behaviour, next, type Ref } from "../../runtime/actor/mod.ts";
import type { Device } from "../device.ts";
import type { AnswerRequest } from "../conversation/protocol.ts";
import { type MeshState, noModels } from "../plan.ts";
import { answer, type AnswerEvent, type AnswerMessage } from "./answer.ts";

/** Answers that may be under way on one device; one more is refused, rather than left to wait without end. */
const MAX_ANSWERS = 256;

/** What a gateway is told, by its own device only. */
export type GatewayMessage =
  | { readonly type: "state"; readonly leader: string; readonly state: MeshState }
  | { readonly type: "prompt"; readonly request: AnswerRequest; readonly listener: AnswerListener }
  | { readonly type: "answered"; readonly path: string };

/** Who reads an answer: a client's connection. */
export interface AnswerListener {
  /** Called for each event, in order; the last one is "finished" or "failed". */
  readonly onEvent: (event: AnswerEvent) => void;
  /** Aborted when the reader has gone. */
  readonly signal: AbortSignal;
}

interface GatewayState {
  readonly answers: Set<string>;
  asked: number;
}

/** Makes the gateway's behaviour. */
export function gateway(device: Device): Behaviour<GatewayState, GatewayMessage> {
  let mesh: MeshState = noModels("The devices are choosing a leader.");
  return {
    start: () => ({ answers: new Set(), asked: 0 }),
    receive(state, message, context) {
      switch (message.type) {
        case "state":
          mesh = message.state;
          break;
        case "prompt": {
          const { request, listener } = message;
          if (listener.signal.aborted) break;
          if (state.answers.size >= MAX_ANSWERS) {
            listener.onEvent({
              type: "failed",
              code: "overloaded",
              message: `This device already answers ${MAX_ANSWERS} prompts. Try again when some of them are done.`,
            });
            break;
          }
          const behaviour = answer({ device, request, listener, mesh: () => mesh });
          const ref: Ref<AnswerMessage> = context.spawn(behaviour, { name: `answer-${++state.asked}` });
          state.answers.add(ref.path);
          context.watch(ref, () => ({ type: "answered", path: ref.path }));
          break;
        }
        case "answered":
          state.answers.delete(message.path);
          break;
        default:
          message satisfies never;
      }
      return next(state);
    },
  };
}
