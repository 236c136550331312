/** What a segment computes next: rows wait here between their arrival and their step. What is taken is a policy's to say. */
import type { Row } from "./forward.ts";
import { mean, Pace } from "./pace.ts";
import type { Sequence } from "./sequences.ts";

/** A row that waits for its step. */
export interface QueuedRow {
  readonly sequence: Sequence;
  readonly row: Row;
  /** When it came, on the executor's clock. */
  readonly arrived: number;
  /** Rows that came in one message have the same number, later ones a larger one. */
  readonly forward: number;
}

/** The two lines: tokens that continue an answer, guesses with them, and pieces of prompts. */
export type Line = "decode" | "prefill";

/** A sequence that goes on token by token. */
export interface Reader {
  readonly sequence: Sequence;
  /** When its row came that waits; undefined while it has none: it is under way, or with its conversation. */
  readonly cameAt: number | undefined;
  /** When its last row was taken for a step. */
  readonly leftAt: number | undefined;
  /** How long it is away lately: from a row's being taken to the next one's coming, milliseconds. */
  readonly away: number | undefined;
  /** Whether a step did not wait for it, and none does until its row has come. */
  readonly late: boolean;
}

/** What a policy decides on. */
export interface Waiting {
  readonly decode: readonly QueuedRow[];
  readonly prefill: readonly QueuedRow[];
  /** Which line the last step was of. */
  readonly last: Line | undefined;
  /** All that have come with a single token and are not over. */
  readonly readers: readonly Reader[];
  readonly pace: Pick<Pace, "affordable">;
  /** On the executor's clock, in milliseconds. */
  readonly now: number;
}

/** What is to be done. */
export type Choice =
  /** These rows of the decode line are a step; it does not wait for those that are left out. */
  | { readonly type: "decode"; readonly rows: readonly QueuedRow[]; readonly leftOut: readonly Reader[] }
  /** So many tokens of the row at the front of the prefill line, two at least of a chunk, and not all but one. */
  | { readonly type: "prefill"; readonly tokens: number }
  /** Nothing before this time, unless a row comes. */
  | { readonly type: "wait"; readonly until: number };

/** Decides what the next step is. At least one line has rows. */
export type StepPolicy = (waiting: Waiting) => Choice;

/**
 * What a later segment runs next: rows that came together are a step, as the segment before has put them together. After a
 * decode step it is a chunk's turn, so neither starves.
 */
export function takeTurns({ decode, prefill, last }: Waiting): Choice {
  const [front] = decode;
  const [chunk] = prefill;
  if (chunk !== undefined && (last === "decode" || front === undefined)) {
    return { type: "prefill", tokens: chunk.row.tokens.length };
  }
  return { type: "decode", rows: decode.filter(({ forward }) => forward === front?.forward), leftOut: [] };
}

/** A reader as it stands. */
interface ReaderState extends Reader {
  cameAt: number | undefined;
  leftAt: number | undefined;
  away: number | undefined;
  late: boolean;
  /** When its last row came, and whether a chunk has run since. */
  before: number;
  disturbed: boolean;
}

/** The rows of the next step, or until when there is none. */
export type Taken =
  | { readonly type: "rows"; readonly line: Line; readonly rows: readonly QueuedRow[] }
  | { readonly type: "wait"; readonly until: number };

/** The rows that wait, in a line for decode and one for prefill. */
export class StepQueue {
  readonly pace = new Pace();
  readonly #lines: Readonly<Record<Line, QueuedRow[]>> = { decode: [], prefill: [] };
  readonly #readers = new Map<Sequence, ReaderState>();
  readonly #policy: StepPolicy;
  #last: Line | undefined;

  constructor(policy: StepPolicy = takeTurns) {
    this.#policy = policy;
  }

  /** Rows that wait in each line. */
  get lengths(): Readonly<Record<Line, number>> {
    return { decode: this.#lines.decode.length, prefill: this.#lines.prefill.length };
  }

  get isEmpty(): boolean {
    return this.#lines.decode.length + this.#lines.prefill.length === 0;
  }

  push(queued: QueuedRow): void {
    const { decode, prefill } = this.#lines;
    const { sequence, row, arrived: now } = queued;
    // A prompt of one token, or a chunk's single last token, must stay behind the chunks before it.
    const follows = prefill.some((other) => other.sequence === sequence);
    const continues = row.tokens.length === 1 || row.sample === "each";
    if (!continues || follows) return void prefill.push(queued);
    decode.push(queued);
    const reader = this.#readers.get(sequence);
    if (reader !== undefined) this.pace.returned(now - reader.before, this.#readers.size, reader.disturbed);
    const leftAt = reader?.leftAt;
    const away = leftAt === undefined ? undefined : mean(reader?.away, now - leftAt);
    this.#readers.set(sequence, { sequence, cameAt: now, leftAt, away, before: now, late: false, disturbed: false });
  }

  /** Takes the rows of the next step, at most `limit` of them. Undefined where nothing waits. */
  take(limit: number, now: number): Taken | undefined {
    if (this.isEmpty) return undefined;
    const { pace } = this;
    const choice = this.#policy({ ...this.#lines, last: this.#last, readers: [...this.#readers.values()], pace, now });
    switch (choice.type) {
      case "wait":
        return choice;
      case "decode":
        return { type: "rows", line: this.#last = "decode", rows: this.#takeDecode(choice, limit, now) };
      case "prefill":
        return { type: "rows", line: this.#last = "prefill", rows: this.#takePrefill(choice.tokens) };
      default:
        return choice satisfies never;
    }
  }

  #takeDecode({ rows, leftOut }: Extract<Choice, { type: "decode" }>, limit: number, now: number): QueuedRow[] {
    const taken = rows.slice(0, limit);
    const { decode } = this.#lines;
    decode.splice(0, Infinity, ...decode.filter((queued) => !taken.includes(queued)));
    for (const { sequence } of taken) {
      const more = decode.some((queued) => queued.sequence === sequence);
      this.#change(sequence, { cameAt: more ? this.#readers.get(sequence)?.before : undefined, leftAt: now });
    }
    for (const { sequence } of leftOut) this.#change(sequence, { late: true });
    return taken;
  }

  #takePrefill(tokens: number): QueuedRow[] {
    const { prefill } = this.#lines;
    const front = prefill.shift();
    if (front === undefined) return [];
    for (const reader of this.#readers.values()) reader.disturbed = true;
    if (tokens >= front.row.tokens.length) return [front];
    const [first, rest] = cutRow(front.row, tokens);
    prefill.unshift({ ...front, row: rest });
    return [{ ...front, row: first }];
  }

  #change(sequence: Sequence, change: Partial<Pick<ReaderState, "cameAt" | "leftAt" | "late">>): void {
    const reader = this.#readers.get(sequence);
    if (reader !== undefined) Object.assign(reader, change);
  }

  /** Forgets a sequence and its rows. */
  drop(sequence: Sequence): void {
    this.#readers.delete(sequence);
    for (const line of [this.#lines.decode, this.#lines.prefill]) {
      for (let index = line.length - 1; index >= 0; index--) {
        if (line[index]?.sequence === sequence) line.splice(index, 1);
      }
    }
  }
}

/** Cuts a row behind so many tokens. Only the last of them has the next one sampled. */
function cutRow(row: Row, tokens: number): readonly [Row, Row] {
  const width = (row.hidden?.length ?? 0) / row.tokens.length;
  const part = (from: number, to: number) => ({
    ...row,
    position: row.position + from,
    tokens: row.tokens.subarray(from, to),
    hidden: row.hidden?.subarray(from * width, to * width),
  });
  return [{ ...part(0, tokens), sample: "none" }, part(tokens, row.tokens.length)];
}
