/**
 * What became of each row lately: when it came, when its step began and when it ended. A ring of numbers, so that it takes the
 * same memory however much runs, and next to no time whether anybody asks or not.
 */
import * as v from "valibot";
import { Milliseconds, Position } from "../wire.ts";

/** Rows that are remembered: a few long answers. */
const SIZE = 4096;
/** Sequences whose conversations are remembered; more than there are places in any segment. */
const SEQUENCES = 1024;

/** What counts as lately. */
const LATELY_MILLISECONDS = 10_000;

const column = <S extends v.GenericSchema<unknown, number>>(of: S) => v.pipe(v.array(of), v.maxLength(SIZE));

/** The rows of one answer, a column each, in the order of their steps. Times are on the executor's clock, milliseconds. */
export const SpanColumns = v.object({
  /** The executor's clock as it answers. */
  now: Milliseconds,
  /** Position of a row's first token, and how many it has. */
  positions: column(Position),
  tokens: column(Position),
  /** Rows that shared its step. */
  rows: column(Position),
  arrived: column(Milliseconds),
  began: column(Milliseconds),
  ended: column(Milliseconds),
});
export type SpanColumns = v.InferOutput<typeof SpanColumns>;

/** A row whose step has ended. */
export interface StepSpan {
  readonly sequence: number;
  /** The path of the conversation that the sequence is of. */
  readonly conversation: string;
  readonly position: number;
  readonly tokens: number;
  readonly rows: number;
  readonly arrived: number;
  readonly began: number;
  readonly ended: number;
}

export class Spans {
  readonly #times = new Float64Array(3 * SIZE);
  readonly #numbers = new Int32Array(4 * SIZE);
  readonly #conversations = new Map<number, string>();
  #count = 0;

  record({ sequence, conversation, position, tokens, rows, arrived, began, ended }: StepSpan): void {
    const at = this.#count++ % SIZE;
    const [times, numbers] = [this.#times, this.#numbers];
    times[3 * at] = arrived;
    times[3 * at + 1] = began;
    times[3 * at + 2] = ended;
    numbers[4 * at] = sequence;
    numbers[4 * at + 1] = position;
    numbers[4 * at + 2] = tokens;
    numbers[4 * at + 3] = rows;
    if (this.#conversations.has(sequence)) return;
    this.#conversations.set(sequence, conversation);
    const [oldest] = this.#conversations.keys();
    if (oldest !== undefined && this.#conversations.size > SEQUENCES) this.#conversations.delete(oldest);
  }

  /** The rows of conversations in whose paths `name` is, from a position on; none without. `now` is the executor's clock. */
  of(name: string | undefined, now: number, since = 0): SpanColumns {
    const known = name === undefined ? [] : [...this.#conversations].filter(([, path]) => path.includes(name));
    const wanted = new Set(known.map(([number]) => number));
    const columns = {
      positions: [] as number[],
      tokens: [] as number[],
      rows: [] as number[],
      arrived: [] as number[],
      began: [] as number[],
      ended: [] as number[],
    };
    for (let index = Math.max(0, this.#count - SIZE); index < this.#count; index++) {
      const at = index % SIZE;
      if (!wanted.has(this.#numbers[4 * at] ?? -1) || (this.#numbers[4 * at + 1] ?? 0) < since) continue;
      columns.positions.push(this.#numbers[4 * at + 1] ?? 0);
      columns.tokens.push(this.#numbers[4 * at + 2] ?? 0);
      columns.rows.push(this.#numbers[4 * at + 3] ?? 0);
      columns.arrived.push(this.#times[3 * at] ?? 0);
      columns.began.push(this.#times[3 * at + 1] ?? 0);
      columns.ended.push(this.#times[3 * at + 2] ?? 0);
    }
    return { now, ...columns };
  }

  /** How long steps of decoding took that ended lately, each counted once; undefined where there were none. */
  stepMilliseconds(now: number): { readonly mean: number; readonly p99: number } | undefined {
    const took = new Map<number, number>();
    for (let index = this.#count - 1; index >= Math.max(0, this.#count - SIZE); index--) {
      const at = index % SIZE;
      const [began, ended] = [this.#times[3 * at + 1] ?? 0, this.#times[3 * at + 2] ?? 0];
      if (ended < now - LATELY_MILLISECONDS) break;
      // Rows of a step have its times in common. What reads a prompt is no step of decoding.
      if (this.#numbers[4 * at + 2] === 1) took.set(began, ended - began);
    }
    if (took.size === 0) return undefined;
    const times = [...took.values()].sort((a, b) => a - b);
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    return { mean, p99: times[Math.ceil(times.length * 0.99) - 1] ?? mean };
  }
}
