/** Who may hold what. */
import type { Problem, Run } from "./problem.ts";

/** Whether the policy lets a device hold a block: allowed, not pinned elsewhere, and trusted where the block is private. */
export function mayHold(problem: Problem, device: number, block: number): boolean {
  const candidate = problem.devices[device];
  if (candidate === undefined || !candidate.allowed) return false;
  const pinnedElsewhere = problem.policy?.pins?.some((pin) => covers(pin, block) && pin.device !== candidate.device);
  if (pinnedElsewhere === true) return false;
  return !isPrivate(problem, block) || candidate.trusted || candidate.device === problem.source;
}

/** Whether a block only belongs on trusted devices or the source. */
export function isPrivate({ blocks, policy }: Problem, block: number): boolean {
  const { privateLayers = 0, privateHead = false } = policy ?? {};
  const kind = blocks[block]?.kind;
  if (kind === "head") return privateHead;
  if (privateLayers === 0) return false;
  if (kind === "embed") return true;
  return blocks.slice(0, block).filter((before) => before.kind === "layer").length < privateLayers;
}

function covers({ first, last }: Run, block: number): boolean {
  return first <= block && block <= last;
}
