/** A program as it grows, column by column (compressed columns, CSC). */
import type { Program } from "./highs.ts";

/** A row and the column's coefficient there. */
export type Entry = readonly [row: number, value: number];

export class Columns {
  readonly #rows: number;
  readonly #costs: number[] = [];
  readonly #most: number[] = [];
  readonly #starts: number[] = [0];
  readonly #indices: number[] = [];
  readonly #values: number[] = [];

  constructor(rows: number) {
    this.#rows = rows;
  }

  /** Adds a column from 0 to `most`. Coefficients of 0 are left out. */
  add(cost: number, most: number, entries: readonly Entry[]): void {
    this.#costs.push(cost);
    this.#most.push(most);
    for (const [row, value] of entries) {
      if (value === 0) continue;
      this.#indices.push(row);
      this.#values.push(value);
    }
    this.#starts.push(this.#indices.length);
  }

  /** The program with the least and most of each row; its first `whole` columns are whole numbers. */
  program(limits: readonly (readonly [number, number])[], whole: number): Program {
    const numCols = this.#costs.length;
    return {
      numCols,
      numRows: this.#rows,
      colCost: Float64Array.from(this.#costs),
      colLower: new Float64Array(numCols),
      colUpper: Float64Array.from(this.#most),
      rowLower: Float64Array.from(limits, ([least]) => least),
      rowUpper: Float64Array.from(limits, ([, most]) => most),
      matrix: {
        format: "csc",
        numRows: this.#rows,
        numCols,
        starts: Int32Array.from(this.#starts),
        indices: Int32Array.from(this.#indices),
        values: Float64Array.from(this.#values),
      },
      integrality: new Int32Array(numCols).fill(1, 0, whole),
    };
  }
}
