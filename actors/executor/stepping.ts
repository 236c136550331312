/** From rows to steps, and from steps to what the next segment or the conversation is told. */
import { ComputeGoneError } from "../../models/compute/errors.ts";
import type { StepResult, StepRow } from "../../models/compute/mod.ts";
import type { Rating } from "../../models/sampling/mod.ts";
import { type Ref, sameRef } from "../../runtime/actor/mod.ts";
import { errorText } from "../../runtime/error-text.ts";
import type { Forward, SegmentMessage } from "../pipeline.ts";
import { MAX_ROWS } from "../wire.ts";
import { fail } from "./admission.ts";
import { grow, trim } from "./budget.ts";
import { forwardRows, gather, type Row, rowsOf, tokensOf } from "./forward.ts";
import type { CameBy, StepOutcome } from "./protocol.ts";
import type { QueuedRow, Taken } from "./queue.ts";
import { extend, historyOf, type Sequence } from "./sequences.ts";
import type { ExecutorState } from "./state.ts";

/** Takes rows in line; rows of sequences that were closed meanwhile are dropped. */
export function enqueue(state: ExecutorState, forward: Forward & CameBy): void {
  const { options, sequences } = state;
  const from = forward.from ?? state.context.device;
  const given = forward.hidden?.length ?? 0;
  const arrived = options.clock.now();
  const wanted = options.embeds ? 0 : forward.tokens.length * options.width;
  const number = ++state.forwards;
  for (const row of rowsOf(forward, options.width)) {
    const sequence = sequences.cameBy(row.sequence, from);
    if (sequence === undefined) continue;
    const fault = given === wanted
      ? faultOf(row, sequence, state)
      : `a forward of ${forward.tokens.length} tokens came with ${given} values instead of ${wanted}`;
    if (fault !== undefined) {
      fail(state, sequence, fault);
      continue;
    }
    if (!hasRoom(state, sequence, row.position + row.tokens.length)) continue;
    extend(sequence, row.position, row.tokens, guessesIn(row));
    state.queue.push({ sequence, row, arrived, forward: number });
  }
  trim(state);
}

/** Whether a row's tokens fit the caches: whatever has to give way for them has done so. */
function hasRoom(state: ExecutorState, sequence: Sequence, end: number): boolean {
  if (!state.options.embeds) return true;
  while (state.sequences.has(sequence)) {
    const grown = grow(state, sequence, end);
    if (grown.type === "grown") return true;
    fail(state, grown.putOff, "older answers needed its memory", "prompts");
  }
  return false;
}

/** Why a row is not the one that its sequence needs next. */
function faultOf(
  { position, tokens }: Row,
  { ids: { length: expected }, guessed, fresh }: Sequence,
  { options }: ExecutorState,
): string | undefined {
  const earliest = fresh ? 0 : expected - guessed;
  if (position < earliest || position > expected) return `position ${position} came where ${expected} was due`;
  const end = position + tokens.length;
  if (end > options.context) return `position ${end} is outside the context of ${options.context}`;
  if (options.embeds && tokens.some((token) => token < 0 || token >= options.vocabulary)) {
    return `a token is outside the vocabulary of ${options.vocabulary}`;
  }
  return undefined;
}

/** Tokens of a row that are guesses. */
function guessesIn({ sample, tokens }: Row): number {
  return sample === "each" ? tokens.length - 1 : 0;
}

/** What the head is to do with a row. */
function outputOf({ sequence, row }: QueuedRow): StepRow["output"] {
  if (row.sample === "none") return "none";
  const guesses = row.sample === "each" ? { guesses: row.tokens.slice(1) } : {};
  const { sampling, logprobs } = sequence;
  return { sampling, history: historyOf(sequence), ...guesses, ...(logprobs === undefined ? {} : { logprobs }) };
}

/** Starts a step where none runs and rows wait, or has itself woken when there may be one. */
export function pump(state: ExecutorState): void {
  const { options, queue } = state;
  if (state.step !== undefined) return;
  const taken = queue.take(MAX_ROWS, options.clock.now());
  if (taken === undefined) return;
  switch (taken.type) {
    case "rows":
      return run(state, taken);
    case "wait":
      return wake(state, taken.until);
    default:
      taken satisfies never;
  }
}

function wake({ context, options, alarm }: ExecutorState, until: number): void {
  if (alarm.at !== undefined && alarm.at <= until) return;
  alarm.at = until;
  context.after(Math.max(0, until - options.clock.now()), { type: "step-due" });
}

/** Time for another look at what waits. */
export function woken({ alarm }: ExecutorState): void {
  alarm.at = undefined;
}

function run(state: ExecutorState, { line, rows: taken }: Extract<Taken, { type: "rows" }>): void {
  const { options, context } = state;
  const rows = taken.map(({ row }) => row);
  state.step = { line, rows: taken, began: options.clock.now() };
  for (const { sequence } of taken) state.written.add(sequence.slot);
  options.segment.step({
    rows: taken.map((queued) => {
      const { sequence: { slot, shared, level }, row: { position, tokens, attention } } = queued;
      const output = options.samples ? outputOf(queued) : "none";
      const kind = { attention, shared, ...(level === undefined ? {} : { level }) };
      return { slot, position, count: tokens.length, ...kind, output };
    }),
    tokens: options.embeds ? tokensOf(rows) : new Int32Array(0),
    ...(options.embeds ? {} : { hidden: gather(rows.map(({ hidden }) => hidden)) }),
  }).then(
    (result): StepOutcome => ({ type: "stepped", result }),
    (error): StepOutcome => ({ type: error instanceof ComputeGoneError ? "gone" : "failed", reason: errorText(error) }),
  ).then((outcome) => context.tell(context.self, { type: "computed", outcome }));
}

/**
 * Takes what a step gave to those who wait for it.
 * @throws {Error} where the compute worker is gone: the executor ends as crashed, and the leader has the segment loaded anew.
 */
export function deliver(state: ExecutorState, outcome: StepOutcome): void {
  const { step } = state;
  if (step === undefined) return;
  state.step = undefined;
  switch (outcome.type) {
    case "gone":
      throw new Error(outcome.reason);
    case "failed":
      for (const { sequence } of step.rows) if (state.sequences.has(sequence)) fail(state, sequence, outcome.reason);
      return;
    case "stepped":
      count(state, step, outcome.result);
      for (const { sequence, row } of step.rows) {
        sequence.held = row.position + row.tokens.length - guessesIn(row);
      }
      if (state.options.samples) report(state, step.rows, outcome.result);
      else passOn(state, step.rows, outcome.result.hidden);
      return;
    default:
      outcome satisfies never;
  }
}

function count(
  state: ExecutorState,
  { line, rows, began }: NonNullable<ExecutorState["step"]>,
  { blockMilliseconds }: StepResult,
): void {
  const { options } = state;
  const now = options.clock.now();
  const tokens = rows.reduce((sum, { row }) => sum + row.tokens.length, 0);
  state.steps++;
  if (rows.length > 1) state.togetherAt = now;
  if (line === "decode") state.queue.pace.stepped(now - began);
  else for (const { row } of rows) state.queue.pace.read(row.attention, row.tokens.length, now - began);
  state.recent.add(now, rows.length, tokens);
  for (const { sequence, row, arrived } of rows) {
    state.spans.record({
      sequence: sequence.number,
      conversation: sequence.conversation.path,
      position: row.position,
      tokens: row.tokens.length,
      rows: rows.length,
      arrived,
      began,
      ended: now,
    });
  }
  options.onStep({
    rows: rows.length,
    tokens,
    blockMilliseconds,
    stepMilliseconds: now - began,
    queueMilliseconds: rows.map(({ arrived }) => began - arrived),
    at: now,
    sequences: rows.map(({ sequence }) => sequence.number),
    levels: rows.map(({ sequence: { level } }) => level ?? options.levels ?? 1),
  });
}

/** Tells conversations what was sampled, or that a chunk is done. */
function report(state: ExecutorState, rows: readonly QueuedRow[], { tokens: drawn, ratings }: StepResult): void {
  for (const [index, { sequence, row }] of rows.entries()) {
    if (!state.sequences.has(sequence)) continue;
    const guesses = guessesIn(row);
    const position = row.position + row.tokens.length - guesses;
    const tokens = drawn[index] ?? [];
    if (row.sample === "none") state.context.tell(sequence.conversation, { type: "advanced", position });
    else if (tokens.length === 0) fail(state, sequence, `no token came out at position ${position}`);
    else state.context.tell(sequence.conversation, { type: "sampled", position, tokens, ...rated(ratings?.[index]) });
    if (guesses === 0 || tokens.length === 0) continue;
    state.guesses.accepted += tokens.length - 1;
    state.guesses.rejected += guesses - (tokens.length - 1);
  }
}

function rated(ratings: readonly Rating[] | undefined): { readonly ratings?: readonly Rating[] } {
  return ratings === undefined ? {} : { ratings };
}

/** Sends hidden states [tokens of all rows, width] on: one message for all rows that go the same way. */
function passOn(state: ExecutorState, rows: readonly QueuedRow[], hidden: Float32Array | undefined): void {
  const { options, sequences, context } = state;
  const ways: { readonly next: Ref<SegmentMessage>; readonly rows: Row[]; readonly parts: Float32Array[] }[] = [];
  let offset = 0;
  for (const { sequence, row } of rows) {
    const part = hidden?.subarray(offset, offset += row.tokens.length * options.width);
    if (!sequences.has(sequence)) continue;
    const { next } = sequence;
    if (next === undefined || part === undefined) {
      fail(state, sequence, "the last segment has no head");
      continue;
    }
    const way = ways.find((other) => sameRef(other.next, next)) ?? { next, rows: [], parts: [] };
    if (way.rows.length === 0) ways.push(way);
    way.rows.push(row);
    way.parts.push(part);
  }
  for (const way of ways) {
    const whole = hidden !== undefined && way.rows.length === rows.length ? hidden : gather(way.parts);
    context.tell(way.next, forwardRows(way.rows, whole));
  }
}
