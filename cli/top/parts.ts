/** How many blocks each device of a plan holds, and borders between them that are moved. Pure. */
import type { ActivePlan } from "../../actors/plan.ts";

/** How many blocks a device would hold. */
export interface Part {
  readonly device: string;
  readonly name: string;
  readonly blocks: number;
}

/** How many blocks each device of a plan holds, in order. */
export function partsOf({ segments }: ActivePlan): readonly Part[] {
  return segments.map(({ device, name, first, last }) => ({ device, name, blocks: last - first + 1 }));
}

/** The parts once the border before part `at` has moved by so many blocks, as far as both keep one. */
export function moveBorder(parts: readonly Part[], at: number, by: number): readonly Part[] {
  const [before, after] = [parts[at - 1], parts[at]];
  if (before === undefined || after === undefined) return parts;
  const moved = Math.max(1 - before.blocks, Math.min(after.blocks - 1, by));
  return parts.map((part, place) => {
    if (place === at - 1) return { ...part, blocks: part.blocks + moved };
    return place === at ? { ...part, blocks: part.blocks - moved } : part;
  });
}

/** Whether two splits are the same. */
export function sameParts(one: readonly Part[], other: readonly Part[]): boolean {
  return one.length === other.length &&
    one.every(({ device, blocks }, place) => device === other[place]?.device && blocks === other[place].blocks);
}
