/**
 * What the first segment runs next. Pure. Sequences that read go down the pipeline in lanes, as many as there are stages, so
 * that while one lane is at a later stage another is at this one. The rows of a lane come back together, each by way of a
 * conversation of its own: the lane waits for all of them, so that they share one reading of the weights again.
 *
 * Between the steps of lanes prompts are read, in pieces that are cut to what readers may be kept waiting.
 */
import type { Choice, QueuedRow, Reader, Waiting } from "./queue.ts";

/** How far apart rows of one step come back, by ways of their own: a lane waits so long for a row in any case. */
export const PATIENCE_MILLISECONDS = 5;
/** A lane waits for a row that is due within such a part of the time that its rows are away… */
const SHARE_WAITED = 0.5;
/** …and for such a part of it longer than it is due. */
const SHARE_OVERDUE = 0.25;
/** Tokens of a prompt that are read between readers' steps before it is known how long they take. */
const FIRST_TOKENS = 8;
/** What is left of a prompt is not cut below this: many short ones that come at once would have their first words late. */
const WHOLE_TOKENS = 16;

/**
 * Shares readers out to lanes, as many as there are stages but none that is empty: balanced to one, and each with
 * neighbouring slots. Who comes or goes changes the lanes of few: each boundary moves by one reader at most.
 */
export function lanesOf(readers: readonly Reader[], stages: number): readonly (readonly Reader[])[] {
  const inOrder = readers.toSorted((a, b) => a.sequence.slot - b.sequence.slot);
  const count = Math.min(stages, inOrder.length);
  return Array.from({ length: count }, (_, lane) => {
    return inOrder.slice(Math.round(lane * inOrder.length / count), Math.round((lane + 1) * inOrder.length / count));
  });
}

/** The next step of a first segment, or when there may be one. After a lane's step it is a waiting prompt's turn. */
export function stepLanes(waiting: Waiting): Choice {
  const { decode, prefill, last, readers, now } = waiting;
  const [front] = prefill;
  if (front !== undefined && (last === "decode" || decode.length === 0)) return read(waiting, front);
  const stages = readers.reduce((most, { sequence }) => Math.max(most, sequence.stages), 1);
  let first: { readonly lane: readonly Reader[]; readonly since: number } | undefined;
  let until = Infinity;
  for (const lane of lanesOf(readers, stages)) {
    const since = Math.min(...lane.map(({ cameAt }) => cameAt ?? Infinity));
    if (since === Infinity) continue;
    const whole = lane.every(({ cameAt, late }) => cameAt !== undefined || late);
    const waits = whole ? since : waitsUntil(lane, since, now);
    const due = now >= waits;
    if (due && (first === undefined || since < first.since)) first = { lane, since };
    if (!due) until = Math.min(until, waits);
  }
  if (first !== undefined) return stepOf(first.lane, decode);
  return front === undefined ? { type: "wait", until } : read(waiting, front);
}

/**
 * Until when a lane, whose first row came at `since`, waits for those that have not. Two parts of a lane that go down the
 * pipeline one by one read the weights twice, and do so for ever, since each comes back when the other is away. One of them
 * therefore waits for the other: the one for which it is the shorter wait, half of the time that a row is away at most. Who
 * is away for much longer than the others is not waited for, but waits.
 */
function waitsUntil(lane: readonly Reader[], since: number, now: number): number {
  const known = lane.flatMap(({ away }) => away ?? []);
  const usual = known.reduce((sum, away) => sum + away, 0) / Math.max(1, known.length);
  const waits = lane.map(({ cameAt, late, leftAt, away = usual }) => {
    if (cameAt !== undefined || late || leftAt === undefined) return since;
    const due = leftAt + away;
    return due <= now + SHARE_WAITED * usual ? due + SHARE_OVERDUE * usual : since;
  });
  return Math.max(since + PATIENCE_MILLISECONDS, ...waits);
}

function stepOf(lane: readonly Reader[], decode: readonly QueuedRow[]): Choice {
  const rows = lane.flatMap((reader) => decode.find(({ sequence }) => sequence === reader.sequence) ?? []);
  return { type: "decode", rows, leftOut: lane.filter(({ cameAt }) => cameAt === undefined) };
}

/** A prompt's turn: as many tokens of its next chunk as readers can wait for. */
function read({ readers, pace }: Waiting, { row: { tokens, attention } }: QueuedRow): Choice {
  const short = attention === "chunk" && tokens.length <= WHOLE_TOKENS;
  if (readers.length === 0 || short) return { type: "prefill", tokens: tokens.length };
  const affordable = Math.floor(pace.affordable(attention) ?? FIRST_TOKENS);
  return {
    type: "prefill",
    tokens: attention === "chunk" ? cutOf(tokens.length, affordable) : Math.max(1, affordable),
  };
}

/** Tokens of a chunk's first piece: two at least, and none or two at least are left. */
export function cutOf(count: number, affordable: number): number {
  const size = Math.max(2, Math.min(affordable, count));
  return count - size === 1 ? (size > 2 ? size - 1 : count) : size;
}
