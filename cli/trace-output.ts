/** An answer's way across devices, for a terminal: sums first, then its rows as a waterfall. */
import type { TracedSummary } from "../actors/gateway/api.ts";
import type { Trace, TracedRow } from "../actors/gateway/trace.ts";
import { clockTime } from "./events-output.ts";
import { table } from "./table.ts";

/** Columns of a terminal that does not say how many it has. */
const COLUMNS = 100;
/** Rows that are drawn: the prompt's and the first tokens. */
const DRAWN = 12;
/** Columns before the picture. */
const LEFT = 20;

/** The answers of late, a line each. */
export function describeTraces(answers: readonly TracedSummary[]): string {
  if (answers.length === 0) return "No answer has entered at this device since it was started.\n";
  const rows = answers.map(({ id, at, model, promptTokens, completionTokens, ttftMs, totalMs, outcome }) => [
    id.slice(0, 8),
    clockTime(at),
    model,
    `${promptTokens}`,
    `${completionTokens}`,
    ttftMs === null ? "" : ttftMs.toFixed(0),
    totalMs.toFixed(0),
    outcome,
  ]);
  return `${table(["answer", "began", "model", "prompt", "tokens", "TTFT ms", "ms in all", "ended"], rows)}`;
}

/** Where the time of one went. */
export function describeTrace(trace: Trace, columns = COLUMNS): string {
  const { id, at, model, outcome, promptTokens, completionTokens, ttftMs, totalMs, notes } = trace;
  const ttft = ttftMs === null ? "no token yet" : `first token after ${ttftMs.toFixed(0)} ms`;
  return `answer ${id.slice(0, 8)} of ${model}, ${
    clockTime(at)
  }: ${promptTokens} + ${completionTokens} tokens, ${ttft}, ` +
    `${totalMs.toFixed(0)} ms in all, ${outcome}\n\n` +
    describeShares(trace) +
    describeRows(trace, columns) +
    notes.map((note) => `note: ${note}\n`).join("");
}

function describeShares({ segments, tokenMs }: Trace): string {
  if (tokenMs === null) return "";
  const rows = segments.map(({ name, first, last, share, clockErrorMs }) => [
    `${name} ${first}-${last}`,
    ...share === null ? ["", "", ""] : [share.queue, share.compute, share.wire].map((time) => time.toFixed(2)),
    clockErrorMs === null ? "" : `± ${clockErrorMs.toFixed(2)}`,
  ]);
  return `a token took ${tokenMs.toFixed(2)} ms, on the mean of those that are remembered:\n` +
    `${table(["segment", "queue ms", "compute ms", "wire on ms", "clock ms"], rows)}\n`;
}

/** The prompt's rows and the first tokens, on one scale: `·` waits, `█` computes, and what is between segments is on the wire. */
function describeRows({ rows, segments }: Trace, columns: number): string {
  const drawn = rows.slice(0, DRAWN);
  const times = drawn.flatMap(({ steps }) => steps.flatMap((step) => step === null ? [] : [step.arrived, step.ended]));
  if (times.length === 0) return "";
  const [begin, end] = [Math.min(...times), Math.max(...times)];
  const width = Math.max(columns - LEFT, 20);
  const column = (time: number) => Math.round((time - begin) / Math.max(end - begin, 0.001) * (width - 1));
  const more = rows.length > drawn.length ? `… ${rows.length - drawn.length} more rows: --json has them\n` : "";
  const names = segments.map(({ name }, index) => `${index + 1} ${name}`).join(", ");
  const scale = `${begin.toFixed(0)} ms`.padEnd(width - `${end.toFixed(0)} ms`.length) + `${end.toFixed(0)} ms`;
  return `${"token".padEnd(LEFT)}${scale}\n${drawn.map((row) => describeRow(row, column, width)).join("")}${more}` +
    `· waits for its step, a figure computes: ${names}\n`;
}

function describeRow({ position, tokens, steps }: TracedRow, column: (time: number) => number, width: number): string {
  const line = new Array<string>(width).fill(" ");
  const fill = (from: number, to: number, mark: string) => line.fill(mark, column(from), column(to) + 1);
  for (const [index, step] of steps.entries()) {
    if (step === null) continue;
    fill(step.arrived, step.began, "·");
    fill(step.began, step.ended, `${(index + 1) % 10}`);
  }
  const what = tokens === 1 ? `${position}` : `${position} to ${position + tokens - 1}`;
  const shared = Math.max(...steps.map((step) => step?.rows ?? 1));
  return `${`${what}${shared > 1 ? ` (${shared} rows)` : ""}`.padEnd(LEFT)}${line.join("").trimEnd()}\n`;
}
