/** The levels of an elastic model in columns. */
import type { PlanLevels } from "../actors/plan-levels.ts";
import { expectedTimes, formatBytes } from "../plans/mod.ts";
import { table } from "./table.ts";

/** What each level has of the weights, and would take for an answer by itself to a prompt of so many tokens. */
export function describeLevels(elastic: PlanLevels, promptTokens: number): string {
  const whole = elastic.levels.at(-1);
  const full = whole && expectedTimes(elastic, { level: whole.level, promptTokens });
  const rows = elastic.levels.map(({ level, weightBytes }) => {
    const expected = expectedTimes(elastic, { level, promptTokens });
    return [
      level === whole?.level ? `${level} (all)` : `${level}`,
      `${formatBytes(weightBytes)} (${share(weightBytes, whole?.weightBytes)})`,
      timeOf(expected?.ttftMilliseconds, full?.ttftMilliseconds, 0),
      timeOf(expected?.tpotMilliseconds, full?.tpotMilliseconds, 2),
    ];
  });
  return table(["level", "weights", `TTFT (${promptTokens} tokens)`, "TPOT"], rows);
}

function timeOf(milliseconds: number | undefined, whole: number | undefined, digits: number): string {
  return milliseconds === undefined ? "" : `${milliseconds.toFixed(digits)} ms (${share(milliseconds, whole)})`;
}

function share(part: number, whole: number | undefined): string {
  return whole === undefined || whole === 0 ? "?" : `${Math.round(100 * part / whole)}%`;
}
