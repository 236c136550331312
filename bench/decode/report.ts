/** Results as Markdown, to be read in a terminal and pasted into the README. */
import type { AloneResult, TogetherResult } from "./rounds.ts";
import { threadKinds } from "./threads.ts";

/** Times, their ratios, and what a hop adds. The first result is llama.cpp's, the second is one device's. */
export function timesTable(
  results: readonly AloneResult[],
  promptTokens: number,
): string {
  const [llama, one] = results;
  const rows = results.map((row) => {
    const hops = row.devices > 1 ? row.devices : 0;
    const baseline = one?.decode ?? NaN;
    return [
      row.name,
      milliseconds(row.decode),
      ratio(row.decode, llama?.decode),
      row.devices === 0 ? "" : ratio(row.decode, baseline),
      hops === 0 ? "" : milliseconds((row.decode - baseline) / hops),
      milliseconds(row.decodeLong),
      ratio(row.decodeLong, llama?.decodeLong),
      `${row.prefill.toFixed(0)} ms`,
      ratio(row.prefill, llama?.prefill),
    ];
  });
  return markdown([
    "",
    "a token",
    "/ llama.cpp",
    "/ 1 device",
    "a hop",
    `a token after ${promptTokens}`,
    "/ llama.cpp",
    `prefill of ${promptTokens}`,
    "/ llama.cpp",
  ], rows);
}

/** Processor time a token by kind of thread, and the share that computes nothing. */
export function threadsTable(results: readonly AloneResult[]): string {
  const rows = results.flatMap(({ name, threads }) => {
    if (threads === undefined) return [];
    const all = threadKinds.reduce((sum, kind) => sum + threads[kind], 0);
    const share = (part: number) => `${(100 * part / all).toFixed(1)}%`;
    return [[
      name,
      ...threadKinds.map((kind) => milliseconds(threads[kind])),
      milliseconds(all),
      share(threads.V8),
    ]];
  });
  return markdown([
    "processor time a token",
    ...threadKinds,
    "in all",
    "V8's share",
  ], rows);
}

/** What each daemon holds beside the bound that is promised. */
export function memoryTable(results: readonly AloneResult[]): string {
  const rows = results.flatMap(({ name, memory }) =>
    memory.map(({ device, anonymousBytes, blockBytes }) => [
      `${name}: ${device}`,
      mebibytes(anonymousBytes),
      mebibytes(blockBytes),
      mebibytes(1.15 * blockBytes + 200e6),
    ])
  );
  return markdown([
    "memory of",
    "anonymous",
    "blocks",
    "1.15 x blocks + 200 MB",
  ], rows);
}

/** Tokens a second of several answers. The first result is llama.cpp's. */
export function togetherTable(results: readonly TogetherResult[]): string {
  const rows = results.map(({ name, tokensPerSecond }) => [
    name,
    tokensPerSecond.toFixed(1),
    ratio(tokensPerSecond, results[0]?.tokensPerSecond),
    ratio(tokensPerSecond, results.at(-1)?.tokensPerSecond),
  ]);
  return markdown(["", "tokens a second", "/ llama.cpp", "/ kernels"], rows);
}

function markdown(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = head.map((title, at) => Math.max(3, title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [
    line(head),
    line(widths.map((width) => "-".repeat(width))),
    ...rows.map(line),
  ].join("\n");
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}

function ratio(value: number, base: number | undefined): string {
  return base === undefined ? "" : (value / base).toFixed(2);
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
