/**
 * Forwards as they arrive: columns, checked by hand since they come for every token and hop, and cut into rows.
 */
import type { Attention } from "../../models/compute/mod.ts";
import { type Forward, type Sample, SAMPLES } from "../pipeline.ts";
import { MAX_CONTEXT, MAX_DRAWS, MAX_ROWS, MAX_STEP_TOKENS } from "../wire.ts";

/** One sequence's part of a forward, as views of the columns. */
export interface Row {
  /** The sequence's number. */
  readonly sequence: number;
  /** Position of the first of `tokens`. */
  readonly position: number;
  readonly tokens: Int32Array;
  /** How the tokens attend. */
  readonly attention: Attention;
  readonly sample: Sample;
  /** [tokens, width]; absent where the segment holds the embedding. */
  readonly hidden: Float32Array | undefined;
}

/**
 * Takes a forward from another device: afterwards its columns fit each other. That hidden states have the model's width is
 * for the segment to check.
 * @throws {TypeError} for anything else.
 */
export function parseForward(value: Readonly<Record<string, unknown>>): Forward {
  const { hidden } = value;
  const [sequences, positions, counts, tokens] = [
    wholes(value, "sequences"),
    wholes(value, "positions"),
    wholes(value, "counts"),
    wholes(value, "tokens"),
  ];
  const rows = sequences.length;
  if (rows === 0 || rows > MAX_ROWS) throw new TypeError(`a forward has 1 to ${MAX_ROWS} rows, not ${rows}`);
  const [samples, singles] = [flags(value, "samples"), flags(value, "singles")];
  if ([positions, counts, samples, singles].some(({ length }) => length !== rows)) {
    throw new TypeError("a forward's columns are of one length");
  }
  if (tokens.length > MAX_STEP_TOKENS) throw new TypeError(`a forward has at most ${MAX_STEP_TOKENS} tokens`);
  if (positions.some((position) => position > MAX_CONTEXT)) throw new TypeError("a position is outside any context");
  if (counts.includes(0) || sum(counts) !== tokens.length) throw new TypeError("a forward's counts are of its tokens");
  if (counts.some((count, row) => count === 1 && singles[row] === 0)) {
    throw new TypeError("a token that comes alone attends alone");
  }
  for (const [row, sample] of samples.entries()) {
    if (sample >= SAMPLES.length) throw new TypeError("a forward's samples are none, the last or each");
    if (SAMPLES[sample] === "each" && (singles[row] !== 1 || (counts[row] ?? 0) > MAX_DRAWS)) {
      throw new TypeError(`guesses attend alone, and ${MAX_DRAWS} draws are the most`);
    }
  }
  if (hidden !== undefined && !(hidden instanceof Float32Array)) {
    throw new TypeError("hidden states are a Float32Array");
  }
  return {
    type: "forward",
    sequences,
    positions,
    counts,
    samples,
    singles,
    tokens,
    ...(hidden === undefined ? {} : { hidden }),
  };
}

function wholes(value: Readonly<Record<string, unknown>>, column: string): Int32Array {
  const numbers = value[column];
  if (!(numbers instanceof Int32Array) || numbers.some((number) => number < 0)) {
    throw new TypeError(`a forward's ${column} are an Int32Array of whole numbers`);
  }
  return numbers;
}

function flags(value: Readonly<Record<string, unknown>>, column: string): Uint8Array {
  const bytes = value[column];
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`a forward's ${column} are bytes`);
  return bytes;
}

function sum(numbers: Int32Array): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The rows of a forward. `width` is the length of a hidden state. */
export function rowsOf(forward: Forward, width: number): Row[] {
  const { sequences, positions, counts, samples, singles, tokens, hidden } = forward;
  const rows: Row[] = [];
  let offset = 0;
  for (let index = 0; index < sequences.length; index++) {
    const end = offset + (counts[index] ?? 0);
    rows.push({
      sequence: sequences[index] ?? 0,
      position: positions[index] ?? 0,
      tokens: tokens.subarray(offset, end),
      attention: singles[index] === 1 ? "single" : "chunk",
      sample: SAMPLES[samples[index] ?? 0] ?? "none",
      hidden: hidden?.subarray(offset * width, end * width),
    });
    offset = end;
  }
  return rows;
}

/** The columns of rows, for the next segment. `hidden` is [tokens of all rows, width]. */
export function forwardRows(rows: readonly Omit<Row, "hidden">[], hidden: Float32Array): Forward {
  return {
    type: "forward",
    sequences: Int32Array.from(rows, ({ sequence }) => sequence),
    positions: Int32Array.from(rows, ({ position }) => position),
    counts: Int32Array.from(rows, ({ tokens }) => tokens.length),
    samples: Uint8Array.from(rows, ({ sample }) => SAMPLES.indexOf(sample)),
    singles: Uint8Array.from(rows, ({ attention }) => attention === "single" ? 1 : 0),
    tokens: tokensOf(rows),
    hidden,
  };
}

/** The ids of all rows, one after another, in an array of their own. */
export function tokensOf(rows: readonly Pick<Row, "tokens">[]): Int32Array {
  const whole = new Int32Array(rows.reduce((total, { tokens }) => total + tokens.length, 0));
  let offset = 0;
  for (const { tokens } of rows) {
    whole.set(tokens, offset);
    offset += tokens.length;
  }
  return whole;
}

/**
 * Hidden states one after another, in an array of their own: what came in a message belongs to its sender, and what goes to
 * the compute worker is moved there.
 */
export function gather(parts: readonly (Float32Array | undefined)[]): Float32Array {
  const whole = new Float32Array(parts.reduce((total, part) => total + (part?.length ?? 0), 0));
  let offset = 0;
  for (const part of parts) {
    if (part === undefined) continue;
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
