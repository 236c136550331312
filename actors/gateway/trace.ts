/**
 * The way of an answer across devices, put together from what each segment's executor remembers. Pure.
 *
 * Each device has a clock of its own. A device's clock is lined up with this one's by a question: it was read somewhere between
 * the question's leaving and the answer's coming, most likely in the middle, and half the round trip is how far that can be off
 * (Cristian's algorithm, 1989).
 */
import * as v from "valibot";
import type { SpanColumns } from "../executor/spans.ts";
import { Count, ShortText } from "../wire.ts";

const Time = v.pipe(v.number(), v.finite());

/** A row in one segment. Milliseconds since the answer began, on the clock of the device where it entered. */
export const TracedStep = v.object({
  arrived: Time,
  began: Time,
  ended: Time,
  /** Rows that shared the step. */
  rows: Count,
});

/** A row of the answer on its way through all segments. */
export const TracedRow = v.object({
  position: Count,
  tokens: Count,
  /** In the order of the segments; absent where a segment does not remember it. */
  steps: v.array(v.nullable(TracedStep)),
});

/** What a token took, on the mean of the rows of one token: milliseconds. */
export const TracedShare = v.object({
  queue: Time,
  compute: Time,
  /** To the next segment, or back to the first one. */
  wire: Time,
});

export const Trace = v.object({
  id: ShortText,
  model: ShortText,
  /** Milliseconds since 1970. */
  at: Time,
  outcome: ShortText,
  promptTokens: Count,
  completionTokens: Count,
  ttftMs: v.nullable(Time),
  totalMs: Time,
  segments: v.array(v.object({
    device: ShortText,
    name: ShortText,
    first: Count,
    last: Count,
    /** How far its times can be off, milliseconds; null where it did not answer. */
    clockErrorMs: v.nullable(Time),
    share: v.nullable(TracedShare),
  })),
  rows: v.array(TracedRow),
  /** What a token took by these rows, from one's arrival at the first segment to the next one's: the sum of all shares. */
  tokenMs: v.nullable(Time),
  /** What stands in the way of a whole picture, in sentences. */
  notes: v.array(v.string()),
});
export type Trace = v.InferOutput<typeof Trace>;
export type TracedRow = v.InferOutput<typeof TracedRow>;
type TracedShare = v.InferOutput<typeof TracedShare>;

/** What an executor said when it was asked, and when that was on this device's clock. */
export interface Said {
  readonly asked: number;
  readonly heard: number;
  readonly spans: SpanColumns;
}

/** What there is to add to an executor's times to have them on this device's clock, and how far that can be off. */
export function clockOffset({ asked, heard, spans }: Said): { readonly offset: number; readonly error: number } {
  return { offset: (asked + heard) / 2 - spans.now, error: (heard - asked) / 2 };
}

/** The rows of an answer, in the order of their positions. `said` is in the order of the segments. */
export function rowsOf(said: readonly (Said | undefined)[], beganAt: number): TracedRow[] {
  const rows = new Map<string, TracedRow & { steps: TracedRow["steps"] }>();
  for (const [segment, one] of said.entries()) {
    if (one === undefined) continue;
    const { spans } = one;
    const { offset } = clockOffset(one);
    for (const [index, position] of spans.positions.entries()) {
      const tokens = spans.tokens[index] ?? 0;
      const key = `${position} ${tokens}`;
      const row = rows.get(key) ?? { position, tokens, steps: said.map(() => null) };
      rows.set(key, row);
      const on = (time: number | undefined) => (time ?? 0) + offset - beganAt;
      // Of a row that was run again, by an answer that was taken up, the last run counts.
      row.steps[segment] = {
        arrived: on(spans.arrived[index]),
        began: on(spans.began[index]),
        ended: on(spans.ended[index]),
        rows: spans.rows[index] ?? 0,
      };
    }
  }
  return [...rows.values()].sort((a, b) => a.position - b.position || b.tokens - a.tokens);
}

/** Rows of one token, each with that of the token behind it, which every segment remembers. `rows` are by position. */
export function tokenPairs(rows: readonly TracedRow[]): { readonly row: TracedRow; readonly next: TracedRow }[] {
  return rows.flatMap((row, index) => {
    const next = rows[index + 1];
    const isNext = row.tokens === 1 && next?.tokens === 1 && next.position === row.position + 1;
    return isNext && whole(row) && whole(next) ? [{ row, next }] : [];
  });
}

/** What each segment's part of a token is, on the mean of tokens whose next one is known; null where there are none. */
export function sharesOf(rows: readonly TracedRow[], segments: number): (TracedShare | null)[] {
  const pairs = tokenPairs(rows);
  return Array.from({ length: segments }, (_, segment) => {
    if (pairs.length === 0) return null;
    const sum = { queue: 0, compute: 0, wire: 0 };
    for (const { row, next } of pairs) {
      const step = row.steps[segment];
      const then = segment + 1 < segments ? row.steps[segment + 1] : next.steps[0];
      if (step == null || then == null) continue;
      sum.queue += step.began - step.arrived;
      sum.compute += step.ended - step.began;
      sum.wire += then.arrived - step.ended;
    }
    const mean = (value: number) => value / pairs.length;
    return { queue: mean(sum.queue), compute: mean(sum.compute), wire: mean(sum.wire) };
  });
}

/** The sum of all shares; null where one is missing. */
export function tokenMilliseconds(shares: readonly (TracedShare | null)[]): number | null {
  let sum = 0;
  for (const share of shares) {
    if (share === null) return null;
    sum += share.queue + share.compute + share.wire;
  }
  return shares.length === 0 ? null : sum;
}

function whole({ steps }: TracedRow): boolean {
  return steps.every((step) => step !== null);
}
