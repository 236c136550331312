/** The gateway: where prompts enter a device. It knows the plans in force and starts an answer for each prompt. */
import { type Behaviour, type Context, next, type Ref, reply } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Announce } from "../events.ts";
import { type MeshState, noModels } from "../plan.ts";
import { answer } from "./answer.ts";
import type { AnswerMessage } from "./answer-state.ts";
import { LevelExperience } from "./level-experience.ts";
import type { AnswerListener, GatewayMessage, PromptRequest } from "./protocol.ts";
import type { Served } from "./served.ts";
import { Traces } from "./traces.ts";
import { TokenBytes } from "./token-bytes.ts";
import { UnderwayHere } from "./underway.ts";

/** Answers that may be under way on one device; one more is refused, rather than left to wait without end. */
export const MAX_ANSWERS = 256;

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly clock: Clock;
  /** How answers that entered here went. */
  readonly served: Served;
  /** Remembers the answers of late. */
  readonly traces?: Traces;
  /** Hears how answers get on. Default: nobody. */
  readonly announce?: Announce;
}

interface GatewayState {
  readonly answers: Map<string, Ref<AnswerMessage>>;
  /** What the mesh can do; answers are told when it changes. */
  mesh: MeshState;
  asked: number;
  readonly underway: UnderwayHere;
  readonly levels: LevelExperience;
  readonly tokenBytes: TokenBytes;
}

/** Makes the gateway's behaviour. It has no `accepts`: other devices cannot tell it anything. */
export function gateway(options: GatewayOptions): Behaviour<GatewayState, GatewayMessage> {
  return {
    start: () => ({
      answers: new Map(),
      mesh: noModels("The devices are choosing a leader."),
      asked: 0,
      underway: new UnderwayHere(),
      levels: new LevelExperience(),
      tokenBytes: new TokenBytes(),
    }),
    receive(state, message, context) {
      switch (message.type) {
        case "state":
          state.mesh = message.state;
          for (const ref of state.answers.values()) context.tell(ref, { type: "state", state: message.state });
          break;
        case "prompt":
          reply(context, message.replyTo, "taken");
          begin(state, message.prompt, message.listener, options, context);
          break;
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

/** Starts an answer, unless its reader has gone or too many are under way. */
function begin(
  state: GatewayState,
  prompt: PromptRequest,
  listener: AnswerListener,
  { clock, served, traces = new Traces(), announce = () => {} }: GatewayOptions,
  context: Context<GatewayMessage>,
): void {
  if (listener.signal.aborted) return;
  if (state.answers.size >= MAX_ANSWERS) {
    const message = `This device already answers ${MAX_ANSWERS} prompts. Try again when some of them are done.`;
    return listener.onEvent({ type: "failed", code: "overloaded", message });
  }
  const behaviour = answer({
    clock,
    served,
    traces,
    underway: state.underway,
    levels: state.levels,
    tokenBytes: state.tokenBytes,
    announce,
    prompt,
    listener,
    mesh: state.mesh,
    id: crypto.randomUUID(),
  });
  const ref: Ref<AnswerMessage> = context.spawn(behaviour, { name: `answer-${++state.asked}` });
  state.answers.set(ref.path, ref);
  context.watch(ref, () => ({ type: "answered", path: ref.path }));
}
