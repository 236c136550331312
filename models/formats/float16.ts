/** Half-precision numbers, both kinds. */

/** All 65,536 float16 values by their bits: a table is several times faster than bit arithmetic a value. */
let halves: Float32Array | undefined;

/** The table of all float16 values, indexed by their 16 bits. */
export function float16Values(): Float32Array {
  return halves ??= Float32Array.from({ length: 65536 }, (_, bits) => float16Value(bits));
}

function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

/** The float16 bits nearest to `value`, ties to even; beyond the range infinity. */
export function toFloat16(value: number): number {
  float[0] = value;
  const bits = floatBits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(float[0] ?? 0);
  if (Number.isNaN(magnitude)) return sign | 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  // Subnormal halves are multiples of 2^-24; normal ones keep 10 of the 23 fraction bits.
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24);
  const rest = bits & 0x7fffffff;
  return sign | (((rest + 0xfff + ((rest >> 13) & 1)) >> 13) - (112 << 10));
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** The float16 scale at `at`, as quantised blocks have it. */
export function scaleAt(bytes: Uint8Array, at: number): number {
  return float16Values()[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
}
