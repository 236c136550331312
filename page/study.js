/** What the leader says of a change, in one sentence. Pure. */
import { milliseconds, way } from "./format.js";

/** The sentence for `POST /skein/study`'s answer; `what` names the change, such as "Without board". */
export function sentenceOf({ outcome, current, changed }, what) {
  if (changed === undefined) return "The leader did not say what would change.";
  if ("invalid" in changed) return changed.invalid;
  const after = changed.outcome;
  if (after.type !== "placed") return `${what} there is no plan: ${after.reason}`;
  const { tpotMilliseconds, stages } = after.prediction;
  const before = current ?? (outcome.type === "placed" ? outcome.prediction : undefined);
  const then = `${milliseconds(tpotMilliseconds)} a token`;
  if (before === undefined) return `${what}: ${then}, by ${way(stages)}.`;
  const factor = tpotMilliseconds / before.tpotMilliseconds;
  const compared = factor > 1.01
    ? `${factor.toFixed(2)} times slower`
    : factor < 0.99
    ? `${(1 / factor).toFixed(2)} times faster`
    : "as fast";
  return `${what}: ${then} rather than ${milliseconds(before.tpotMilliseconds)}, ${compared}; ${way(stages)}.`;
}

/** Why a device has no blocks, as the leader explains its plan. */
export function whyLeftOut({ explanation, outcome }, device) {
  const said = explanation?.leftOut.find((one) => one.device === device)?.sentence;
  if (said !== undefined) return said;
  const used = outcome.type === "placed" && outcome.segments.some((segment) => segment.device === device);
  return used
    ? "The plan that is best now would give it blocks."
    : "The leader gives no reason: maybe it may not take part.";
}

/** The change that stands for a split. `parts` are devices with how many blocks each holds. */
export function splitChange(parts) {
  return `split:${parts.map(({ device, blocks }) => `${device}=${blocks}`).join(",")}`;
}

/** How many blocks each segment holds once the border before segment `at` stands at block `first`. */
export function moveBorder(parts, at, first) {
  const firsts = parts.map((_, index) => parts.slice(0, index).reduce((sum, { blocks }) => sum + blocks, 0));
  const end = firsts[at] + parts[at].blocks;
  return parts.map((part, index) => {
    if (index === at - 1) return { ...part, blocks: first - firsts[at - 1] };
    return index === at ? { ...part, blocks: end - first } : part;
  });
}
