/** What a block costs: for the planner. */
import { blockLayout } from "../onnx/mod.ts";
import type { Projection } from "./projection.ts";

/** Multiply-adds a token of the linear projections, those with the columns that stand for offsets included. */
export function multiplyAdds(projections: readonly Projection[]): number {
  return projections.reduce((sum, { linear }) => {
    return sum + linear.rows * (blockLayout(linear)?.columns ?? linear.columns);
  }, 0);
}

/**
 * Bytes that a loaded block holds. ONNX Runtime packs a copy of every matrix and lets go of the mapped original, so that
 * is the size of the weights; but the packed copy of quantised blocks has a second float32 a block beside the scale (the
 * sum that takes the zero point away). The original scales stay mapped, which costs nothing when memory is short.
 * Measured at TinyLlama-1.1B's shape, anonymous memory after loading: Q4_0 744 MB for 617 MB of weights (740 by this
 * formula), Q8_0 295 for 259 (288), F32 922 for 922 (922).
 */
export function memoryBytes(weightsBytes: number, projections: readonly Projection[]): number {
  return projections.reduce((sum, { linear }) => {
    const layout = blockLayout(linear);
    return layout === undefined ? sum : sum + 4 * linear.rows * Math.ceil(layout.columns / layout.blockSize);
  }, weightsBytes);
}
