/** Random weights in GGUF's quantized types, scaled so that hidden states keep about unit size. */
import type { GgufTensorToWrite } from "../../models/formats/mod.ts";

/** A type's blocks: bytes, weights, and what makes random bytes a block that is centred, with weights of a spread. */
interface Layout {
  readonly bytes: number;
  readonly weights: number;
  finisher(spread: number): (block: Uint8Array) => void;
}

/** Layouts of `ggml-common.h`; quants stay random, scales are set. */
const layouts: Readonly<Record<"Q4_0" | "Q4_K" | "Q6_K", Layout>> = {
  // d, 16 bytes of nibbles: w = d (q - 8), and q spreads by 4.6.
  Q4_0: {
    bytes: 18,
    weights: 32,
    finisher(spread) {
      const scale = half(spread / 4.6);
      return (block) => block.set(scale, 0);
    },
  },
  // d, dmin, 12 bytes that hold eight scales and minima of 6 bits, nibbles: w = d s q - dmin m, here with s = m = 32.
  Q4_K: {
    bytes: 144,
    weights: 256,
    finisher(spread) {
      const [scale, minimum] = [
        half(spread / 4.6 / 32),
        half(7.5 * spread / 4.6 / 32),
      ];
      const head = Uint8Array.from([
        ...scale,
        ...minimum,
        ...new Array<number>(8).fill(0xa0),
        0,
        0,
        0,
        0,
      ]);
      return (block) => block.set(head, 0);
    },
  },
  // 192 bytes of quants, 16 scales of a byte, d: w = d s (q - 32), and q spreads by 18.5; here with s = 8.
  Q6_K: {
    bytes: 210,
    weights: 256,
    finisher(spread) {
      const tail = Uint8Array.from([
        ...new Array<number>(16).fill(8),
        ...half(spread / 18.5 / 8),
      ]);
      return (block) => block.set(tail, 192);
    },
  },
};

/** A matrix whose rows' sums with a unit vector spread by about 1; written row by row. */
export function randomMatrix(
  name: string,
  type: "Q4_0" | "Q4_K" | "Q6_K",
  rows: number,
  columns: number,
): GgufTensorToWrite {
  const { bytes, weights, finisher } = layouts[type];
  const finish = finisher(1 / Math.sqrt(columns));
  return {
    name,
    type,
    shape: [rows, columns],
    *content() {
      const row = new Uint8Array((columns / weights) * bytes);
      for (let at = 0; at < rows; at++) {
        crypto.getRandomValues(row);
        for (let start = 0; start < row.length; start += bytes) {
          finish(row.subarray(start, start + bytes));
        }
        yield row;
      }
    },
  };
}

function half(value: number): Uint8Array {
  return new Uint8Array(new Float16Array([value]).buffer);
}
