/**
 * Blocks whose weights have an offset in common, as in llama.cpp's Q4_K: `weight = (integer - 8) * scale + offset`. A block
 * adds `offset * 32 * mean` to the product, where `mean` is that of its 32 inputs. So the means are appended to the input,
 * and `32 * offset` to the row, as three numbers of 4 bits in blocks of 32 like all others, each for what those before it
 * leave over. One product computes it all: 3/32 more columns, and no node after it.
 *
 * | columns of a row | what they hold |
 * |---|---|
 * | `columns` | the weights without their offsets |
 * | `columns / 32`, up to the next multiple of 32 | 32 times the offsets, coarsely; then weights of 0 |
 * | as many, twice | what is left over; what is left over of that |
 */
import type { GraphBuilder } from "./graph.ts";

/** Weights that share a scale and an offset. */
export const offsetBlock = 32;

/**
 * Numbers of 4 bits for an offset. Three leave 1/3375 of the largest among 32 neighbours; two would leave 1/225, which adds
 * up over inputs of one sign. What each costs is in docs/k-quants.md.
 */
export const offsetParts = 3;

/** Columns that hold the offsets of a row of `columns` weights, all parts. */
export function offsetColumns(columns: number): number {
  return offsetParts * paddedBlocks(columns);
}

/** Blocks of a row, up to the next multiple of a block: parts must not share a scale. */
function paddedBlocks(columns: number): number {
  return Math.ceil(columns / offsetBlock / offsetBlock) * offsetBlock;
}

/**
 * Appends the means of `input`'s blocks to it, `[batch, sequence, columns]`, once for each part and as laid out above.
 * Products that share an input share what this adds.
 */
export function addBlockMeans(graph: GraphBuilder, input: string, columns: number): string {
  return graph.once(`${input} with block means`, () => {
    const means = graph.value("AveragePool", `${input}.means`, {
      inputs: [input],
      lists: { kernel_shape: [offsetBlock], strides: [offsetBlock] },
    });
    const missing = paddedBlocks(columns) - columns / offsetBlock;
    const padded = missing === 0 ? means : graph.value("Pad", `${input}.padded_means`, {
      inputs: [means, graph.integers(`${input}.padding`, [0, 0, 0, 0, 0, missing])],
    });
    return graph.value("Concat", `${input}.with_means`, {
      inputs: [input, ...new Array<string>(offsetParts).fill(padded)],
      integers: { axis: -1 },
    });
  });
}
