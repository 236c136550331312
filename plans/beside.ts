/** Memory while the plan in force stays loaded until the next one is: blocks that a device takes on need room beside it. */
import { blockBytes } from "./bytes.ts";
import type { Problem } from "./problem.ts";

/** What a device holds under the plan in force, where that stays loaded. */
export interface Beside {
  /** Bytes of it; 0 where nothing stays. */
  readonly heldBytes: number;
  /** Bytes that a block takes on top: none where the device holds it already, since both plans share it. */
  readonly added: (block: number) => number;
}

/** What has to fit on a device beside what it holds. */
export function besideOf(problem: Problem, device: string): Beside {
  const { blocks, current, shape } = problem;
  const bytes = (block: number) => {
    const cost = blocks[block];
    return cost === undefined ? 0 : blockBytes(cost, shape);
  };
  if (current?.stays !== true) return { heldBytes: 0, added: () => 0 };
  const here = (block: number) => current.devices[block] === device;
  const heldBytes = blocks.reduce((sum, _, block) => here(block) ? sum + bytes(block) : sum, 0);
  return { heldBytes, added: (block) => here(block) ? 0 : bytes(block) };
}

/** Whether so many bytes can be added. A device that only gives away needs no room, even where its memory has shrunk. */
export function fitsBeside({ heldBytes }: Beside, addedBytes: number, usableBytes: number): boolean {
  return addedBytes === 0 || heldBytes + addedBytes <= usableBytes;
}
