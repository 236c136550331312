/** How tensor elements are stored in model files. */

/** Blocks of 32 along a row: a float16 scale, then the integers. They are stored as they come. */
export type PlainQuant = "Q4_0" | "Q8_0";

/** llama.cpp's "k-quants": blocks of 256 along a row, in groups whose scales are integers themselves. */
export type KQuant = "Q4_K" | "Q5_K" | "Q6_K";

/** The element types that can be read. */
export type TensorType = "F32" | "F16" | "BF16" | PlainQuant | KQuant;

/** Elements and bytes of the smallest unit of each type (`ggml-common.h` of llama.cpp for the quantised ones). */
export const tensorTypes: Readonly<Record<TensorType, { readonly elements: number; readonly bytes: number }>> = {
  F32: { elements: 1, bytes: 4 },
  F16: { elements: 1, bytes: 2 },
  BF16: { elements: 1, bytes: 2 },
  Q4_0: { elements: 32, bytes: 18 },
  Q8_0: { elements: 32, bytes: 34 },
  Q4_K: { elements: 256, bytes: 144 },
  Q5_K: { elements: 256, bytes: 176 },
  Q6_K: { elements: 256, bytes: 210 },
};

/** The readable types, for messages. */
export const readableTypes = Object.keys(tensorTypes).join(", ");

/** True for a type that is stored in blocks of integers. */
export function isQuantized(type: TensorType): type is PlainQuant | KQuant {
  return tensorTypes[type].elements > 1;
}

/** True for a k-quant. */
export function isKQuant(type: TensorType): type is KQuant {
  return type === "Q4_K" || type === "Q5_K" || type === "Q6_K";
}

/** Bytes of `elements` of a type; they must be whole blocks. */
export function typedBytes(type: TensorType, elements: number): number {
  return (elements / tensorTypes[type].elements) * tensorTypes[type].bytes;
}
