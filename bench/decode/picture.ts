/** What decoding takes, drawn: by devices, after a short prompt and a long one, and of several prompts at once. */
import type { Bars, Picture } from "../picture/chart.ts";
import type { AloneResult, RoundOptions, TogetherResult } from "./rounds.ts";

/** What `bench/out/decode.json` holds. */
export interface DecodeResult {
  /** The machine in words. */
  readonly machine: string;
  readonly options: RoundOptions;
  /** By the group's name. */
  readonly results: Readonly<
    Record<string, readonly (AloneResult | TogetherResult)[]>
  >;
}

/** The picture of a result. `titles` are those of its groups. */
export function pictureOf(
  { machine, options, results }: DecodeResult,
  titles: Readonly<Record<string, string>>,
): Picture {
  const charts = Object.entries(results).flatMap(([name, rows]) => chartsOf(titles[name] ?? name, rows, options));
  return {
    title: "Decode beside llama.cpp, TinyLlama-1.1B's shape",
    note: `${machine}; medians of ${options.rounds} rounds`,
    charts,
  };
}

function chartsOf(
  title: string,
  rows: readonly (AloneResult | TogetherResult)[],
  { promptTokens }: RoundOptions,
): Bars[] {
  const alone = rows.flatMap((row) => "decode" in row ? [row] : []);
  const together = rows.flatMap((row) => "tokensPerSecond" in row ? [row] : []);
  const of = (title: string, unit: string, groups: Bars["groups"]): Bars[] => {
    return groups.length === 0 ? [] : [{ type: "bars", title, unit, groups }];
  };
  return [
    ...of(
      title,
      "ms a token",
      alone.map(({ name, decode, decodeLong }) => ({
        name,
        bars: [{ name: "after a prompt of 16", value: decode }, {
          name: `after one of ${promptTokens}`,
          value: decodeLong,
        }],
      })),
    ),
    ...of(
      title,
      `ms to the first token of a prompt of ${promptTokens}`,
      alone.map(({ name, prefill }) => ({
        name,
        bars: [{ name: "prefill", value: prefill }],
      })),
    ),
    ...of(
      title,
      "tokens a second, all answers",
      together.map(({ name, tokensPerSecond }) => ({
        name,
        bars: [{ name: "together", value: tokensPerSecond }],
      })),
    ),
  ];
}
