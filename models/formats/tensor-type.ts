/** How tensor elements are stored in model files. */

/** The element types that can be read. Quantised ones are blocks of 32 along a row: a float16 scale, then the integers. */
export type TensorType = "F32" | "F16" | "BF16" | "Q4_0" | "Q8_0";

/** Elements and bytes of the smallest unit of each type (`ggml-common.h` of llama.cpp for the quantised ones). */
export const tensorTypes: Readonly<Record<TensorType, { readonly elements: number; readonly bytes: number }>> = {
  F32: { elements: 1, bytes: 4 },
  F16: { elements: 1, bytes: 2 },
  BF16: { elements: 1, bytes: 2 },
  Q4_0: { elements: 32, bytes: 18 },
  Q8_0: { elements: 32, bytes: 34 },
};

/** The readable types, for messages. */
export const readableTypes = Object.keys(tensorTypes).join(", ");

/** True for a type that is stored in blocks of integers. */
export function isQuantized(type: TensorType): type is "Q4_0" | "Q8_0" {
  return tensorTypes[type].elements > 1;
}

/** Bytes of `elements` of a type; they must be whole blocks. */
export function typedBytes(type: TensorType, elements: number): number {
  return (elements / tensorTypes[type].elements) * tensorTypes[type].bytes;
}
