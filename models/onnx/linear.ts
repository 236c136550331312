/** A matrix product with constant weights, in the ways that they can be stored. */
import type { GraphBuilder } from "./graph.ts";
import { addBlockMeans, offsetColumns } from "./offset-blocks.ts";

/**
 * How the elements of a weight matrix are stored: as they are, or as unsigned 4- or 8-bit integers in blocks along a
 * row, each block with a float32 scale: `weight = (integer - 2^(bits - 1)) * scale`. Offset blocks are 4-bit blocks of 32
 * with a number that is added to all weights of a block, see `offset-blocks.ts`; rows must be whole blocks.
 */
export type Storage =
  | { readonly kind: "float32" }
  | { readonly kind: "blocks"; readonly bits: 4 | 8; readonly blockSize: number }
  | { readonly kind: "offset-blocks" };

/** The integers of a matrix that is stored in blocks: `columns` of them a row, what stands for offsets included. */
export interface BlockLayout {
  readonly bits: 4 | 8;
  readonly blockSize: number;
  readonly columns: number;
}

/** How a matrix is laid out in blocks; undefined for one that is not. */
export function blockLayout({ columns, storage }: Linear): BlockLayout | undefined {
  switch (storage.kind) {
    case "float32":
      return undefined;
    case "blocks":
      return { bits: storage.bits, blockSize: storage.blockSize, columns };
    case "offset-blocks":
      return { bits: 4, blockSize: 32, columns: columns + offsetColumns(columns) };
    default:
      return storage satisfies never;
  }
}

/** A linear projection: `rows` outputs from `columns` inputs. */
export interface Linear {
  readonly rows: number;
  readonly columns: number;
  readonly storage: Storage;
  readonly bias: boolean;
}

/**
 * Adds `input` times the transposed weights (plus bias) and returns the name of the result, `[…, rows]`: `output`.
 * Makes the weights `<name>.weight` (float32 `[rows, columns]`, or uint8 `[rows, columns / blockSize, blockSize * bits / 8]`
 * with the lower nibble first and the columns of `blockLayout`), `<name>.scale` (float32 `[rows, columns / blockSize]`,
 * blocks only) and `<name>.bias` (float32 `[rows]`). Blocks are computed with activations rounded to 8 bits in blocks of the same size (`accuracy_level`
 * 4 of `MatMulNBits`), which is also what llama.cpp does.
 */
export function addLinear(graph: GraphBuilder, name: string, input: string, linear: Linear, output = name): string {
  const { rows, storage } = linear;
  const layout = blockLayout(linear);
  if (layout === undefined) {
    const weight = graph.weight(`${name}.weight`, "float32", [rows, linear.columns]);
    const product = graph.value("FusedMatMul", linear.bias ? `${name}.product` : output, {
      domain: "com.microsoft",
      inputs: [input, weight],
      integers: { transA: 0, transB: 1 },
      floats: { alpha: 1 },
    });
    if (!linear.bias) return product;
    return graph.value("Add", output, { inputs: [product, graph.weight(`${name}.bias`, "float32", [rows])] });
  }
  const { bits, blockSize, columns } = layout;
  const blocks = Math.ceil(columns / blockSize);
  const weight = graph.weight(`${name}.weight`, "uint8", [rows, blocks, (blockSize * bits) / 8]);
  const scale = graph.weight(`${name}.scale`, "float32", [rows, blocks]);
  const factors = storage.kind === "offset-blocks" ? addBlockMeans(graph, input, linear.columns) : input;
  const inputs = [factors, weight, scale];
  if (linear.bias) inputs.push("", "", graph.weight(`${name}.bias`, "float32", [rows]));
  return graph.value("MatMulNBits", output, {
    domain: "com.microsoft",
    inputs,
    integers: { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: 4 },
  });
}
