/** The embedding look-up. Rows are read from the block's file, so the table costs page cache and no memory of the process. */
import { closeSync, openSync, readSync } from "node:fs";
import { readEmbeddingRows } from "../formats/mod.ts";
import { embeddingRowBytes } from "../formats/mod.ts";
import type { EmbeddingType } from "../manifest.ts";

/** An open embedding table. */
export class Embedding {
  readonly #file: number;
  readonly #type: EmbeddingType;
  readonly #width: number;
  readonly #row: Uint8Array;

  constructor(path: string, type: EmbeddingType, width: number) {
    this.#file = openSync(path, "r");
    this.#type = type;
    this.#width = width;
    this.#row = new Uint8Array(embeddingRowBytes(type, width));
  }

  /** Writes the rows of `ids` to `out` [ids.length, width]. */
  read(ids: Int32Array, out: Float32Array): void {
    for (const [index, id] of ids.entries()) {
      const bytes = readSync(this.#file, this.#row, 0, this.#row.length, id * this.#row.length);
      if (bytes !== this.#row.length) throw new RangeError(`The embedding has no row for token ${id}.`);
      readEmbeddingRows(this.#row, this.#type, this.#width, [0], out.subarray(index * this.#width));
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
