/** What the leader says of a change. Pure. */
import type { SolveAnswer } from "../../actors/leader/solver.ts";
import type { Prediction } from "../../plans/mod.ts";
import { milliseconds } from "./numbers.ts";
import type { Part } from "./parts.ts";

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
