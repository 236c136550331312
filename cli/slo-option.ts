/** How fast an answer must be, as people type it, and how it went in a line. */
import type { AnswerDetails } from "../actors/gateway/api.ts";
import { type Bound, parseTargetText, type Target } from "../plans/mod.ts";
import { CommandError } from "./command.ts";

export const SLO_USAGE =
  `  --slo TARGET        how fast an answer must be, of an elastic model: fast, balanced, full, or most time to the first
                      word and for each token, ttft=400ms,tpot=60ms or ttft=40%,tpot=70% of the whole model's; with
                      ,strict an answer that cannot be so fast is refused (default: what the daemon was started with)
`;

/** Reads the option. @throws {CommandError} that says the forms. */
export function readSlo(text: string | undefined): Target | undefined {
  if (text === undefined) return undefined;
  const parsed = parseTargetText(text);
  if (parsed.type === "invalid") throw new CommandError(`--slo: ${parsed.reason}`, 2);
  return parsed.target;
}

/** The part of a request that says so. */
export function sloBody(target: Target | undefined): { readonly slo?: unknown } {
  if (target === undefined) return {};
  if (target.type === "full") return { slo: "full" };
  const { ttft, tpot, strict } = target;
  return { slo: { ...boundBody("ttft", ttft), ...boundBody("tpot", tpot), strict } };
}

function boundBody(name: "ttft" | "tpot", bound: Bound | undefined): object {
  if (bound === undefined) return {};
  return { [bound.type === "milliseconds" ? `${name}_ms` : name]: bound.most };
}

/** At which level an answer was made, and what it took; undefined where it had no target. */
export function describeLevel(
  { level, levels, prompt_share, predicted, took, met, word }: AnswerDetails,
): string | undefined {
  if (level === undefined || levels === undefined || took === undefined) return undefined;
  const parts = [
    `level ${level} of ${levels}`,
    `${Math.round(100 * (prompt_share ?? 1))}% of the prompt`,
    timeOf("first word after", took.ttft_ms, predicted?.ttft_ms, ""),
    timeOf("", took.tpot_ms, predicted?.tpot_ms, " a token"),
    met === false ? "slower than asked for" : "",
  ];
  const line = parts.filter((part) => part !== "").join(", ");
  return word === undefined ? line : `${line}\n${word}`;
}

function timeOf(before: string, took: number | undefined, predicted: number | undefined, after: string): string {
  if (took === undefined) return "";
  const expected = predicted === undefined ? "" : ` (predicted ${short(predicted)})`;
  return `${before} ${short(took)} ms${after}${expected}`.trim();
}

/** Milliseconds, as exactly as they matter. */
function short(milliseconds: number): string {
  return milliseconds < 10 ? milliseconds.toFixed(1) : `${Math.round(milliseconds)}`;
}
