/** Reads numbers out of a model file's description, within bounds. */
import { ModelFileError } from "../formats/mod.ts";

/** Looks things up in a model's metadata or configuration. Every error is a ModelFileError that names the key. */
export interface CheckedValues {
  /** An integer from 1 to `limit`. */
  integer(key: string, limit: number, fallback?: number): number;
  /** A finite number above 0. */
  positive(key: string, fallback?: number): number;
  /** Neither there nor null. */
  absent(key: string): boolean;
}

/** Wraps the values of `path`, a file or folder whose description people know as `what`. */
export function checkedValues(path: string, what: string, values: Readonly<Record<string, unknown>>): CheckedValues {
  function number(
    key: string,
    fallback: number | undefined,
    wanted: string,
    accept: (value: number) => boolean,
  ): number {
    const value = values[key] ?? fallback;
    if (typeof value === "number" && accept(value)) return value;
    const found = value === undefined ? "is missing" : `is ${show(value)}`;
    throw new ModelFileError(
      path,
      `"${key}" ${found} in its ${what}; it must be ${wanted}`,
      "Choose another file of this model.",
    );
  }
  return {
    integer: (key, limit, fallback) =>
      number(key, fallback, `a whole number from 1 to ${limit}`, (value) => {
        return Number.isInteger(value) && value >= 1 && value <= limit;
      }),
    positive: (key, fallback) =>
      number(key, fallback, "a number above 0", (value) => Number.isFinite(value) && value > 0 && value <= 1e12),
    absent: (key) => values[key] === undefined || values[key] === null,
  };
}

/** A value in a message, shortened. */
export function show(value: unknown): string {
  const text = typeof value === "bigint" ? String(value) : JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
