/** Results as Markdown, to be read in a terminal and pasted into documents. */
import { table } from "../../cli/table.ts";
import type { Claim, Group } from "./groups.ts";
import type { Spread } from "./measures.ts";
import type { Result } from "./rounds.ts";

/** Rates and times of each row under each load; the first row is what others are held against. */
export function resultsTable(
  { rows: [first] }: Group,
  results: readonly Result[],
): string {
  const rows = results.map(({ row, column, measures, predicted }) => {
    const { tokensPerSecond, ttft, between } = measures;
    const base = results.find((each) => each.row === first?.name && each.column === column)?.measures;
    return [
      row,
      column,
      number(tokensPerSecond, 1),
      number(tokensPerSecond / (base?.tokensPerSecond ?? NaN), 2),
      spread(ttft),
      spread(between),
      predicted === undefined ? "" : number(predicted, 1),
      predicted === undefined ? "" : number(tokensPerSecond / predicted, 2),
    ];
  });
  const head = [
    "",
    "prompts",
    "tokens/s",
    "/ first",
    "TTFT ms p50 p95 p99",
    "token ms p50 p95 p99",
    "predicted",
    "ratio",
  ];
  return table(head, rows);
}

/** A claim with what became of it. */
export interface Judged {
  readonly what: string;
  readonly value: number;
  readonly target: string;
  readonly kept: boolean;
}

/** What was measured of each claim. */
export function judge(
  claims: readonly Claim[],
  results: readonly Result[],
): Judged[] {
  const find = ([row, column]: readonly [string, string]) =>
    results.find((each) => each.row === row && each.column === column)
      ?.measures;
  return claims.map(({ what, of, over, target }) => {
    const value = over === undefined ? find(of)?.ratio ?? NaN : (find(of)?.tokensPerSecond ?? NaN) /
      (find(over)?.tokensPerSecond ?? NaN);
    return "least" in target
      ? {
        what,
        value,
        target: `>= ${target.least}`,
        kept: value >= target.least,
      }
      : {
        what,
        value,
        target: `<= ${target.most}`,
        kept: value <= target.most,
      };
  });
}

/** Claims in rows. */
export function claimsTable(judged: readonly Judged[]): string {
  const rows = judged.map((
    { what, value, target, kept },
  ) => [what, number(value, 2), target, kept ? "yes" : "no"]);
  return table(["claim", "measured", "target", "kept"], rows);
}

function spread({ p50, p95, p99 }: Spread): string {
  return [p50, p95, p99].map((value) => number(value, 0)).join(" ");
}

function number(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "";
}
