/** A matrix product with constant weights, in the three ways that they can be stored. */
import type { GraphBuilder } from "./graph.ts";

/**
 * How the elements of a weight matrix are stored: as they are, or as unsigned 4- or 8-bit integers in blocks along a
 * row, each block with a float32 scale: `weight = (integer - 2^(bits - 1)) * scale`.
 */
export type Storage =
  | { readonly kind: "float32" }
  | { readonly kind: "blocks"; readonly bits: 4 | 8; readonly blockSize: number };

/** A linear projection: `rows` outputs from `columns` inputs. */
export interface Linear {
  readonly rows: number;
  readonly columns: number;
  readonly storage: Storage;
  readonly bias: boolean;
}

/**
 * Adds `input` times the transposed weights (plus bias) and returns the name of the result, `[…, rows]`.
 * Makes the weights `<name>.weight` (float32 `[rows, columns]`, or uint8 `[rows, columns / blockSize, blockSize * bits / 8]`
 * with the lower nibble first), `<name>.scale` (float32 `[rows, columns / blockSize]`, blocks only) and `<name>.bias`
 * (float32 `[rows]`). Blocks are computed with activations rounded to 8 bits in blocks of the same size (`accuracy_level`
 * 4 of `MatMulNBits`), which is also what llama.cpp does.
 */
export function addLinear(graph: GraphBuilder, name: string, input: string, linear: Linear): string {
  const { rows, columns, storage } = linear;
  if (storage.kind === "float32") {
    const weight = graph.weight(`${name}.weight`, "float32", [rows, columns]);
    const product = graph.value("FusedMatMul", linear.bias ? `${name}.product` : name, {
      domain: "com.microsoft",
      inputs: [input, weight],
      integers: { transA: 0, transB: 1 },
      floats: { alpha: 1 },
    });
    if (!linear.bias) return product;
    return graph.value("Add", name, { inputs: [product, graph.weight(`${name}.bias`, "float32", [rows])] });
  }
  const { bits, blockSize } = storage;
  const blocks = Math.ceil(columns / blockSize);
  const weight = graph.weight(`${name}.weight`, "uint8", [rows, blocks, (blockSize * bits) / 8]);
  const scale = graph.weight(`${name}.scale`, "float32", [rows, blocks]);
  const inputs = [input, weight, scale];
  if (linear.bias) inputs.push("", "", graph.weight(`${name}.bias`, "float32", [rows]));
  return graph.value("MatMulNBits", name, {
    domain: "com.microsoft",
    inputs,
    integers: { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: 4 },
  });
}
