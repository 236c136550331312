/** Our own quantiser, for weights that come as floating-point numbers. Symmetric: a scale a block, no zero point. */

/**
 * Quantises `values` (whole blocks of `blockSize`) to unsigned integers of `bits` bits in the layout of ONNX Runtime's
 * MatMulNBits: the lower nibble first, `value = (integer - 2^(bits - 1)) * scale`. The largest magnitude of a block gets
 * the lowest integer, as in GGUF's Q4_0; then the scale that fits the integers best in the least-squares sense is taken.
 */
export function quantizeBlocks(
  values: Float32Array,
  bits: 4 | 8,
  blockSize: number,
  packed: Uint8Array,
  scales: Float32Array,
): void {
  const zero = 1 << (bits - 1);
  const integers = new Uint8Array(blockSize);
  for (let block = 0; block < scales.length; block++) {
    const start = block * blockSize;
    let extreme = 0;
    for (let i = start; i < start + blockSize; i++) {
      const value = values[i] ?? 0;
      if (Math.abs(value) > Math.abs(extreme)) extreme = value;
    }
    const inverse = extreme === 0 ? 0 : -zero / extreme;
    let products = 0;
    let squares = 0;
    for (let i = 0; i < blockSize; i++) {
      const value = values[start + i] ?? 0;
      // The extreme gives 0.5, so nothing falls below 0 and cutting off the fraction rounds.
      const integer = Math.min(2 * zero - 1, (value * inverse + zero + 0.5) | 0);
      const level = integer - zero;
      integers[i] = integer;
      products += value * level;
      squares += level * level;
    }
    scales[block] = squares === 0 ? 0 : products / squares;
    if (bits === 8) packed.set(integers, start);
    else {for (let i = 0; i < blockSize; i += 2) {
        packed[(start + i) / 2] = (integers[i] ?? 0) | ((integers[i + 1] ?? 0) << 4);
      }}
  }
}
