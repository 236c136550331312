/** The answers of late that entered at this device, for those who ask what they took: when, and which segments they went through. */
import type { Ref } from "../../runtime/actor/mod.ts";
import type { SegmentMessage } from "../pipeline.ts";
import type { ActivePlan } from "../plan.ts";

/** Answers that are remembered. */
const ANSWERS = 64;

/** A segment that an answer went through. */
export interface TracedSegment {
  readonly device: string;
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly ref: Ref<SegmentMessage>;
}

/** An answer, under way or over. Times on this device's clock, milliseconds. */
export interface TracedAnswer {
  readonly id: string;
  model: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly beganAt: number;
  promptTokens: number;
  /** Of the prompt, as long as it is being read. */
  readTokens: number;
  tokens: number;
  firstTokenAt: number | undefined;
  /** Of the last token, or of the end. */
  lastAt: number;
  /** "under way", or how it ended. */
  outcome: string;
  /** The segments of each plan that it ran under, in the order of the pipeline. */
  readonly routes: (readonly TracedSegment[])[];
}

export class Traces {
  readonly #answers = new Map<string, TracedAnswer>();

  /** Remembers an answer that begins; whoever runs it writes down how it gets on. */
  begin(id: string, model: string, at: number, beganAt: number): TracedAnswer {
    const answer: TracedAnswer = {
      id,
      model,
      at,
      beganAt,
      promptTokens: 0,
      readTokens: 0,
      tokens: 0,
      firstTokenAt: undefined,
      lastAt: beganAt,
      outcome: "under way",
      routes: [],
    };
    this.#answers.set(id, answer);
    const [oldest] = this.#answers.keys();
    if (oldest !== undefined && this.#answers.size > ANSWERS) this.#answers.delete(oldest);
    return answer;
  }

  /** The latest first. */
  all(): TracedAnswer[] {
    return [...this.#answers.values()].reverse();
  }

  /** The answer whose id begins with this; the latest for an empty one. */
  find(id: string): TracedAnswer | undefined {
    return this.all().find((answer) => answer.id.startsWith(id));
  }
}

/** The segments of a plan. */
export function routeOf({ segments }: ActivePlan): readonly TracedSegment[] {
  return segments.map(({ device, name, first, last, ref }) => ({ device, name, first, last, ref }));
}
