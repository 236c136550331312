import { isKQuant } from "../formats/mod.ts";
import type { Projection } from "./projection.ts";

/** How weights are stored, for people: "F32", "Q4_0", "4 bits in blocks of 32", the most common first. */
export function describeStorage(projections: readonly Projection[]): string {
  const elements = new Map<string, number>();
  for (const { linear, weights } of projections) {
    const { rows, columns, storage } = linear;
    const type = weights[0]?.type;
    const name = storage.kind === "float32"
      ? "F32"
      : type === "Q4_0" || type === "Q8_0"
      ? type
      : type !== undefined && isKQuant(type)
      ? `${type} as ${storage.bits} bits in blocks of ${storage.blockSize}`
      : `${storage.bits} bits in blocks of ${storage.blockSize}`;
    elements.set(name, (elements.get(name) ?? 0) + rows * columns);
  }
  return [...elements].sort(([, a], [, b]) => b - a).map(([name]) => name).join(", ");
}
