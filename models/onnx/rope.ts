/** The tables of the rotary position embedding (Su et al. 2021, arXiv:2104.09864, eq. 34), with Llama 3's scaling. */
import type { Architecture, RopeScaling } from "../manifest.ts";

/** What `ropeCaches` needs of an architecture. */
export type RopeArchitecture = Pick<Architecture, "headSize" | "ropeTheta" | "ropeScaling" | "ropeFactors">;

/**
 * Cosines and sines of the angles by which the pairs of a head are turned: `[capacity, headSize / 2]` each, row-major,
 * a row a position. Computed at double precision, rounded once. The same tables serve both rotary layouts.
 */
export function ropeCaches(
  architecture: RopeArchitecture,
  capacity: number,
): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const frequencies = ropeFrequencies(architecture);
  const cos = new Float32Array(capacity * frequencies.length);
  const sin = new Float32Array(cos.length);
  let index = 0;
  for (let position = 0; position < capacity; position++) {
    for (const frequency of frequencies) {
      cos[index] = Math.cos(position * frequency);
      sin[index] = Math.sin(position * frequency);
      index++;
    }
  }
  return { cos, sin };
}

/** Radians a position for every pair of a head, `headSize / 2` of them. */
export function ropeFrequencies({ headSize, ropeTheta, ropeScaling, ropeFactors }: RopeArchitecture): number[] {
  return Array.from({ length: headSize / 2 }, (_, pair) => {
    const frequency = ropeTheta ** ((-2 * pair) / headSize);
    if (ropeFactors !== undefined) return frequency / (ropeFactors[pair] ?? 1);
    return ropeScaling === undefined ? frequency : scaleLlama3(frequency, ropeScaling);
  });
}

/**
 * Llama 3's scaling: slow pairs turn `factor` times slower, fast ones as before, those between are blended
 * (`_compute_llama3_parameters` in Hugging Face transformers' `modeling_rope_utils.py`).
 */
function scaleLlama3(frequency: number, scaling: RopeScaling): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContext } = scaling;
  const turns = (originalContext * frequency) / (2 * Math.PI);
  if (turns < lowFrequencyFactor) return frequency / factor;
  if (turns > highFrequencyFactor) return frequency;
  const blend = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return ((1 - blend) * frequency) / factor + blend * frequency;
}
