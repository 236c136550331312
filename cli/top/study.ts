/** Borders that are moved, and what the leader says of a change. Pure. */
import type { SolveAnswer } from "../../actors/leader/solver.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import type { Prediction } from "../../plans/mod.ts";
import { milliseconds } from "./numbers.ts";
import type { Part } from "./view.ts";

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

/** The change that stands for a split. */
export function splitChange(parts: readonly Part[]): string {
  return `split:${parts.map(({ device, blocks }) => `${device}=${blocks}`).join(",")}`;
}

/** What a change would do, in a sentence or two; `what` names it, such as "Without board". */
export function sentenceOf({ outcome, current, changed }: SolveAnswer, what: string): string {
  if (changed === undefined) return "The leader did not say what would change.";
  if ("invalid" in changed) return changed.invalid;
  const after = changed.outcome;
  if (after.type !== "placed") return `${what} there is no plan: ${after.reason}`;
  const before = current ?? (outcome.type === "placed" ? outcome.prediction : undefined);
  const then = `${what}: ${milliseconds(after.prediction.tpotMilliseconds)} a token`;
  const way = wayOf(after.prediction);
  return before === undefined ? `${then}; ${way}.` : `${then}, ${comparison(before, after.prediction)}; ${way}.`;
}

function comparison({ tpotMilliseconds: before }: Prediction, { tpotMilliseconds: after }: Prediction): string {
  const factor = after / before;
  const compared = factor > 1.01
    ? `${factor.toFixed(2)} times slower`
    : factor < 0.99
    ? `${(1 / factor).toFixed(2)} times faster`
    : "as fast";
  return `now ${milliseconds(before)} as predicted: ${compared}`;
}

function wayOf({ stages }: Prediction): string {
  return stages.map(({ name, first, last }) => `${name} ${first === last ? first : `${first}-${last}`}`).join(" > ");
}
