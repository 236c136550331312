/** Asks the executors that an answer went through what they remember of it. */
import * as v from "valibot";
import type { Clock } from "../../runtime/clock.ts";
import type { ActorSystem, Ref, Reply } from "../../runtime/actor/mod.ts";
import type { ExecutorMessage } from "../executor/protocol.ts";
import { SpanColumns } from "../executor/spans.ts";
import type { SegmentMessage } from "../pipeline.ts";
import { clockOffset, rowsOf, type Said, sharesOf, tokenMilliseconds, type Trace } from "./trace.ts";
import type { TracedAnswer, TracedSegment } from "./traces.ts";

/** How long an executor may take. */
const SPANS_MILLISECONDS = 3000;
/** Questions to each: the fastest answer says most of its clock. */
const QUESTIONS = 4;

/** The way of an answer. */
export async function traceOf(
  { id, model, at, beganAt, firstTokenAt, lastAt, outcome, promptTokens, tokens, routes }: TracedAnswer,
  { system, clock }: { readonly system: ActorSystem; readonly clock: Clock },
): Promise<Trace> {
  const segments = routes.at(-1) ?? [];
  const said = await Promise.all(segments.map(({ ref }) => askSpans(ref, id, { system, clock })));
  const rows = rowsOf(said, beganAt);
  const shares = sharesOf(rows, segments.length);
  return {
    id,
    model,
    at,
    outcome,
    promptTokens,
    completionTokens: tokens,
    ttftMs: firstTokenAt === undefined ? null : firstTokenAt - beganAt,
    totalMs: lastAt - beganAt,
    segments: segments.map(({ device, name, first, last }, index) => {
      const one = said[index];
      const clockErrorMs = one === undefined ? null : clockOffset(one).error;
      return { device, name, first, last, clockErrorMs, share: shares[index] ?? null };
    }),
    rows,
    tokenMs: tokenMilliseconds(shares),
    notes: notesOn(segments, said, routes.length, rows.length, promptTokens + tokens),
  };
}

/** How an executor is asked. */
export interface SpansQuestion {
  readonly system: ActorSystem;
  readonly clock: Clock;
  /** Of rows from this position on. Default: of all. */
  readonly since?: number;
  /** How long it may take for each of its answers. Default: 3000. */
  readonly timeoutMs?: number;
}

/** What an executor remembers of an answer, with what is needed to line its clock up; undefined where it does not say. */
export async function askSpans(
  ref: Ref<SegmentMessage>,
  answer: string,
  { system, clock, since, timeoutMs = SPANS_MILLISECONDS }: SpansQuestion,
): Promise<Said | undefined> {
  let best: Said | undefined;
  for (let question = 0; question < QUESTIONS; question++) {
    const asked = clock.now();
    // Only the first one is asked for what it remembers; the others are for its clock.
    const about = question === 0 ? { answer, ...(since === undefined ? {} : { since }) } : { answer: "" };
    const make = (replyTo: Ref<Reply<SpanColumns>>) => ({ type: "spans" as const, ...about, replyTo });
    const outcome = await system.ask(ref as Ref<ExecutorMessage>, make, {
      timeoutMs,
      parse: (value) => v.parse(SpanColumns, value),
    });
    if (outcome.type !== "reply") break;
    const said = { asked, heard: clock.now(), spans: outcome.value };
    if (best === undefined) best = said;
    else if (said.heard - said.asked < best.heard - best.asked) {
      best = { ...said, spans: { ...best.spans, now: said.spans.now } };
    }
  }
  return best;
}

function notesOn(
  segments: readonly TracedSegment[],
  said: readonly (Said | undefined)[],
  plans: number,
  rows: number,
  tokens: number,
): string[] {
  const silent = segments.filter((_, index) => said[index] === undefined).map(({ name }) => name);
  return [
    ...(plans > 1 ? [`The answer ran under ${plans} plans; what is shown is of the last.`] : []),
    ...(silent.length > 0
      ? [`${silent.join(", ")} remembers nothing of it: the segment is gone or does not answer.`]
      : []),
    ...(rows > 0 && rows < tokens / 200 ? ["Its beginning is not remembered any more."] : []),
  ];
}
