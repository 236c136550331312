/** Prompts on a simulated mesh, as their readers see them, and the texts that fake models answer. */
import { answers } from "../../../actors/gateway/answers.ts";
import type { AnswerEvent } from "../../../actors/gateway/protocol.ts";
import { defaultSampling, type SamplingOptions } from "../../../models/sampling/mod.ts";
import type { Target } from "../../../plans/mod.ts";
import type { ActorSystem } from "../../../runtime/actor/mod.ts";

/** A prompt under way, as its reader sees it. */
export interface SimulatedAnswer {
  readonly events: readonly AnswerEvent[];
  readonly text: string;
  readonly over: boolean;
  /** Conversations that it took; 0 until it is over. */
  readonly conversations: number;
  /** The reader goes. */
  leave(): void;
}

/** What a prompt may come with. */
export interface AskOptions {
  readonly sampling?: Partial<SamplingOptions>;
  /** The model that is asked for. */
  readonly model?: string;
  /** Who asks. */
  readonly client?: string;
  /** At which level of the model. Default: all of it. */
  readonly level?: number | undefined;
  /** How fast it must be. */
  readonly target?: Target;
}

/** Asks a device. */
export function startAnswer(
  system: ActorSystem,
  at: string,
  prompt: string,
  maxTokens: number,
  { sampling, model, client, level, target }: AskOptions,
): SimulatedAnswer {
  const events: AnswerEvent[] = [];
  const gone = new AbortController();
  const request = {
    prompt: { type: "text" as const, text: prompt },
    sampling: { ...defaultSampling, temperature: 0, ...sampling },
    maxTokens,
    stop: [],
    ...(client === undefined ? {} : { client }),
    level,
  };
  const signals = { gone: gone.signal, closing: new AbortController().signal };
  void (async () => {
    for await (const event of answers(system, at, { request, model, target }, signals)) events.push(event);
  })();
  return {
    events,
    get text() {
      return events.map((event) => event.type === "text" ? event.text : "").join("");
    },
    get over() {
      const last = events.at(-1)?.type;
      return last === "finished" || last === "failed";
    },
    get conversations() {
      const last = events.at(-1);
      return last?.type === "finished" ? last.timings.conversations : 0;
    },
    leave: () => gone.abort(),
  };
}

/** The ids of a text. */
export function idsOf(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

/** The text of ids. */
export function textOf(ids: readonly number[]): string {
  // The vocabulary's unknown token, 1, has no text.
  return ids.map((id) => id === 1 ? "" : id < 32 ? `<${id}>` : String.fromCharCode(id)).join("");
}
