/**
 * Random numbers without state: the n-th number of a seed is computed from n alone, so an answer that goes on on another
 * device draws what it would have drawn here. Philox2x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2,
 * 3", SC 2011, section 4.3), with the position as counter and the seed as key.
 */

const ROUNDS = 10;
const MULTIPLIER = 0xd256d193;
const WEYL = 0x9e3779b9;

/** Returns one block of Philox2x32-10: two numbers of 32 bits for a counter of 64 bits and a key of 32. */
export function philox2x32(low: number, high: number, key: number): readonly [number, number] {
  let left = low >>> 0;
  let right = high >>> 0;
  let round = key >>> 0;
  for (let count = 0; count < ROUNDS; count++) {
    const [productHigh, productLow] = multiply(MULTIPLIER, left);
    left = (productHigh ^ round ^ right) >>> 0;
    right = productLow;
    round = (round + WEYL) >>> 0;
  }
  return [left, right];
}

/**
 * Returns a number from 0 to below 1, with 53 random bits. Seed and position are safe integers; the position is not
 * negative.
 */
export function uniform(seed: number, position: number): number {
  const seedLow = seed >>> 0;
  const seedHigh = Math.floor(seed / 2 ** 32) >>> 0;
  // The high half of the seed is mixed with the position's, which only a text of 2^32 tokens would need.
  const [first, second] = philox2x32(position >>> 0, Math.floor(position / 2 ** 32) ^ seedHigh, seedLow);
  return ((first >>> 5) * 2 ** 26 + (second >>> 6)) / 2 ** 53;
}

/** The 64 bits of a product of two numbers of 32 bits, as high and low half. */
function multiply(a: number, b: number): readonly [number, number] {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const other = aLow * bHigh + (middle & 0xffff);
  const high = aHigh * bHigh + Math.floor(middle / 0x10000) + (other >>> 16);
  return [high >>> 0, Math.imul(a, b) >>> 0];
}
