import { isKQuant, type TensorType } from "../formats/mod.ts";
import type { Storage } from "../onnx/mod.ts";
import type { Projection } from "./projection.ts";

/** How weights are stored, for people: "F32", "Q4_K", "Q6_K as 8 bits in blocks of 32", the most common first. */
export function describeStorage(projections: readonly Projection[]): string {
  const elements = new Map<string, number>();
  for (const { linear: { storage }, weights } of projections) {
    for (const { type, shape } of weights) {
      const name = describe(type, storage);
      elements.set(name, (elements.get(name) ?? 0) + shape.reduce((product, size) => product * size, 1));
    }
  }
  return [...elements].sort(([, a], [, b]) => b - a).map(([name]) => name).join(", ");
}

function describe(type: TensorType, storage: Storage): string {
  if (storage.kind === "float32") return "F32";
  if (storage.kind === "offset-blocks") return type;
  if (type === "Q4_0" || type === "Q8_0") return type;
  const blocks = `${storage.bits} bits in blocks of ${storage.blockSize}`;
  return isKQuant(type) ? `${type} as ${blocks}` : blocks;
}
