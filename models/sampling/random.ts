/**
 * Random numbers without state: those of a draw are computed from its seed, its position and a token alone, so an answer that
 * goes on on another device draws what it would have drawn here. Philox2x32-10 (Salmon et al., "Parallel Random Numbers: As
 * Easy as 1, 2, 3", SC 2011, section 4.3), with the position as counter and the seed as key, gives each draw a key of its own;
 * a mixing function of 32 bits spreads that key over the tokens, of which there are many.
 */

const ROUNDS = 10;
const MULTIPLIER = 0xd256d193;
const WEYL = 0x9e3779b9;

/** The 64 bits that make a draw differ from all others. */
export type DrawKey = readonly [number, number];

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

/** Returns the key of a draw. Seed and position are safe integers; the position is not negative. */
export function drawKey(seed: number, position: number): DrawKey {
  const seedLow = seed >>> 0;
  const seedHigh = Math.floor(seed / 2 ** 32) >>> 0;
  // The high half of the seed is mixed with the position's, which only a text of 2^32 tokens would need.
  return philox2x32(position >>> 0, Math.floor(position / 2 ** 32) ^ seedHigh, seedLow);
}

/**
 * Returns 32 random bits for a token of the draw whose key has these halves: distinct tokens get distinct ones. `triple32` of Wellons, "Prospecting for Hash
 * Functions" (nullprogram.com/blog/2018/07/31), with a half of the key before it and one in its middle.
 */
export function tokenBits(token: number, first: number, second: number): number {
  let bits = token ^ first;
  bits ^= bits >>> 17;
  bits = Math.imul(bits, 0xed5ad4bb);
  bits ^= bits >>> 11;
  bits = Math.imul(bits, 0xac4c1b51) + second;
  bits ^= bits >>> 15;
  bits = Math.imul(bits, 0x31848bab);
  return (bits ^ (bits >>> 14)) >>> 0;
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
