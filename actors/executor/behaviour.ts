/** The segment executor: runs rows through its blocks and passes them on, or samples and answers where it holds the head. */
import { errorText } from "../../runtime/error-text.ts";
import type { ComputeSegment } from "../../models/compute/mod.ts";
import { type Behaviour, type Context, next, refKey } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import { MAX_ROWS } from "../wire.ts";
import { type ExecutorMessage, type ForwardRow, parseExecutorMessage, type StepOutcome } from "./protocol.ts";
import { StepQueue, type WaitingRow } from "./queue.ts";
import { remember, type Sequence, SlotPool } from "./sequences.ts";

type OpenMessage = Extract<ExecutorMessage, { type: "open" }>;
type ForwardMessage = Extract<ExecutorMessage, { type: "forward" }>;
type ExecutorContext = Context<ExecutorMessage>;

/** What an executor is made of. */
export interface ExecutorOptions {
  /** The loaded blocks; the executor closes them when it stops. */
  readonly segment: ComputeSegment;
  readonly clock: Clock;
  /** Hears how long the blocks, and the whole step, took for a step of a single row of so many tokens. */
  readonly onStep: (tokens: number, blockMilliseconds: readonly number[], stepMilliseconds: number) => void;
  /** Elements of a hidden state. */
  readonly width: number;
  readonly vocabulary: number;
  readonly context: number;
  readonly slots: number;
  /** Whether the segment starts with the embedding. */
  readonly embeds: boolean;
  /** Whether the segment ends with the head. */
  readonly samples: boolean;
}

interface ExecutorState {
  readonly sequences: Map<string, Sequence>;
  /** Sequences that wait for a slot, in order, with the rows that came for them meanwhile. */
  readonly waiting: Map<string, { readonly open: OpenMessage; readonly rows: WaitingRow[] }>;
  readonly slots: SlotPool;
  readonly queue: StepQueue;
  running: boolean;
  /** When the step under way began, on the clock. */
  stepBegan: number;
}

/** Makes the behaviour of a segment. */
export function executor(options: ExecutorOptions): Behaviour<ExecutorState, ExecutorMessage> {
  return {
    accepts: parseExecutorMessage,
    start: () => ({
      sequences: new Map(),
      waiting: new Map(),
      slots: new SlotPool(options.slots),
      queue: new StepQueue(),
      running: false,
      stepBegan: 0,
    }),
    receive(state, message, context) {
      switch (message.type) {
        case "open":
          admit(state, message, context);
          break;
        case "forward":
          enqueue(state, message, context);
          break;
        case "close":
          release(state, message.sequence, context, true);
          break;
        case "orphaned":
          release(state, message.sequence, context, false);
          break;
        case "computed":
          state.running = false;
          deliver(state, message.rows, message.outcome, context);
          break;
        default:
          message satisfies never;
      }
      pump(state, context);
      return next(state);
    },
    stopped: () => options.segment.close(),
  };

  /** Opens a sequence, or lets it wait behind those that wait for a slot already. */
  function admit(state: ExecutorState, open: OpenMessage, context: ExecutorContext): void {
    if (state.sequences.has(open.sequence) || state.waiting.has(open.sequence)) return;
    const slot = state.waiting.size > 0 ? undefined : state.slots.take();
    if (slot === undefined) state.waiting.set(open.sequence, { open, rows: [] });
    else seat(state, open, slot, context);
  }

  /** Gives a sequence its slot and opens it further down. */
  function seat(state: ExecutorState, open: OpenMessage, slot: number, context: ExecutorContext): void {
    const [following, ...route] = open.route;
    state.sequences.set(open.sequence, {
      id: open.sequence,
      slot,
      conversation: open.conversation,
      next: following,
      sampling: open.sampling,
      unwatch: context.watch(open.conversation, () => ({ type: "orphaned", sequence: open.sequence })),
      expected: 0,
      history: [],
    });
    // The last word on whose turn it is has the first segment: the others give slots in its order.
    if (options.embeds) context.tell(open.conversation, { type: "seated" });
    if (following !== undefined) context.tell(following, { ...open, route });
  }

  function enqueue(state: ExecutorState, message: ForwardMessage, context: ExecutorContext): void {
    const total = message.rows.reduce((sum, row) => sum + row.tokens.length, 0);
    const given = message.hidden?.length ?? 0;
    const wanted = options.embeds ? 0 : total * options.width;
    if (given !== wanted) {
      const reason = `a forward of ${total} tokens came with ${given} values instead of ${wanted}`;
      for (const row of message.rows) fail(state, row.sequence, reason, context);
      return;
    }
    let offset = 0;
    for (const row of message.rows) {
      const end = offset + row.tokens.length * options.width;
      const waiting = { row, hidden: message.hidden?.subarray(offset, end) };
      offset = end;
      const held = state.waiting.get(row.sequence);
      if (held !== undefined) held.rows.push(waiting);
      else accept(state, waiting, context);
    }
  }

  /** Puts a row in line, if it is the one that its sequence needs next. */
  function accept(state: ExecutorState, waiting: WaitingRow, context: ExecutorContext): void {
    const { row } = waiting;
    const sequence = state.sequences.get(row.sequence);
    // A sequence that was closed while its rows were under way.
    if (sequence === undefined) return;
    const end = row.position + row.tokens.length;
    if (row.position !== sequence.expected || end > options.context) {
      fail(state, row.sequence, `position ${row.position} came where ${sequence.expected} was due`, context);
      return;
    }
    if (options.embeds && row.tokens.some((token) => token >= options.vocabulary)) {
      fail(state, row.sequence, `a token is outside the vocabulary of ${options.vocabulary}`, context);
      return;
    }
    sequence.expected = end;
    if (options.samples) remember(sequence, row.tokens);
    state.queue.push(waiting);
  }

  /** Starts a step where none runs and rows wait. */
  function pump(state: ExecutorState, context: ExecutorContext): void {
    if (state.running || state.queue.length === 0) return;
    const taken = state.queue.take(MAX_ROWS);
    const rows = taken.map(({ row }) => row);
    const hidden = options.embeds ? undefined : concatenate(taken.map(({ hidden }) => hidden));
    state.running = true;
    state.stepBegan = options.clock.now();
    const step = options.segment.step({
      rows: rows.map((row) => {
        const sequence = state.sequences.get(row.sequence) as Sequence;
        const output = !options.samples || !row.sample
          ? "none" as const
          : { sampling: sequence.sampling, history: Int32Array.from(sequence.history) };
        return { slot: sequence.slot, position: row.position, count: row.tokens.length, output };
      }),
      tokens: options.embeds ? Int32Array.from(rows.flatMap((row) => row.tokens)) : new Int32Array(0),
      ...(hidden === undefined ? {} : { hidden }),
    });
    step.then(
      (result): StepOutcome => ({ type: "stepped", result }),
      (error): StepOutcome => ({ type: "failed", reason: errorText(error) }),
    ).then((outcome) => context.tell(context.self, { type: "computed", rows, outcome }));
  }

  function deliver(
    state: ExecutorState,
    rows: readonly ForwardRow[],
    outcome: StepOutcome,
    context: ExecutorContext,
  ): void {
    if (outcome.type === "failed") {
      for (const row of rows) fail(state, row.sequence, outcome.reason, context);
      return;
    }
    const [row] = rows;
    if (rows.length === 1 && row !== undefined) {
      options.onStep(row.tokens.length, outcome.result.blockMilliseconds, options.clock.now() - state.stepBegan);
    }
    if (options.samples) report(state, rows, outcome.result.tokens, context);
    else if (outcome.result.hidden !== undefined) passOn(state, rows, outcome.result.hidden, context);
  }

  /** Tells conversations what was sampled, or that a chunk is done. */
  function report(
    state: ExecutorState,
    rows: readonly ForwardRow[],
    tokens: readonly number[],
    context: ExecutorContext,
  ): void {
    for (const [index, row] of rows.entries()) {
      const sequence = state.sequences.get(row.sequence);
      if (sequence === undefined) continue;
      const position = row.position + row.tokens.length;
      const token = tokens[index] ?? -1;
      if (row.sample) context.tell(sequence.conversation, { type: "sampled", position, token });
      else context.tell(sequence.conversation, { type: "advanced", position });
    }
  }

  /** Sends hidden states [tokens of all rows, width] on: one message for all rows that go the same way. */
  function passOn(
    state: ExecutorState,
    rows: readonly ForwardRow[],
    hidden: Float32Array,
    context: ExecutorContext,
  ): void {
    const ways = new Map<string, { sequence: Sequence; rows: ForwardRow[]; parts: Float32Array[] }>();
    let offset = 0;
    for (const row of rows) {
      const part = hidden.subarray(offset, offset += row.tokens.length * options.width);
      const sequence = state.sequences.get(row.sequence);
      if (sequence?.next === undefined) continue;
      const key = refKey(sequence.next);
      const way = ways.get(key) ?? { sequence, rows: [], parts: [] };
      way.rows.push(row);
      way.parts.push(part);
      ways.set(key, way);
    }
    for (const { sequence, rows: going, parts } of ways.values()) {
      const whole = going.length === rows.length ? hidden : concatenate(parts);
      if (sequence.next !== undefined) context.tell(sequence.next, { type: "forward", rows: going, hidden: whole });
    }
  }

  function fail(state: ExecutorState, id: string, reason: string, context: ExecutorContext): void {
    const sequence = state.sequences.get(id) ?? state.waiting.get(id)?.open;
    if (sequence !== undefined) context.tell(sequence.conversation, { type: "failed", reason });
    release(state, id, context, true);
  }

  /** Frees a sequence's slot, and lets the sequences that wait for one in. */
  function release(state: ExecutorState, id: string, context: ExecutorContext, passOnClose: boolean): void {
    state.waiting.delete(id);
    const sequence = state.sequences.get(id);
    if (sequence === undefined) return;
    sequence.unwatch();
    state.sequences.delete(id);
    state.queue.drop(id);
    state.slots.free(sequence.slot);
    if (passOnClose && sequence.next !== undefined) context.tell(sequence.next, { type: "close", sequence: id });
    const [first] = state.waiting.values();
    const slot = first === undefined ? undefined : state.slots.take();
    if (first === undefined || slot === undefined) return;
    state.waiting.delete(first.open.sequence);
    seat(state, first.open, slot, context);
    for (const waiting of first.rows) accept(state, waiting, context);
  }
}

function concatenate(parts: readonly (Float32Array | undefined)[]): Float32Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Float32Array(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0));
  let offset = 0;
  for (const part of parts) {
    if (part === undefined) continue;
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
