/** How answers are drawn: options that ask and chat share, and what they become in a request. */
import { numberOption } from "./command.ts";

export const SAMPLING_USAGE = `  --max-tokens N      most tokens of an answer (default 1024)
  --temperature T     0 always takes the most likely token (default 0.8)
  --top-k K           draw from the K most likely tokens only (default 40; 0 for all)
  --top-p P           draw from the most likely tokens that together have probability P (default 0.95)
  --min-p P           draw from tokens at least P times as likely as the most likely one (default 0.05)
  --seed S            the same seed gives the same answer (default: a new one each time)
`;

export const SAMPLING_OPTIONS = {
  "max-tokens": { type: "string", default: "1024" },
  temperature: { type: "string", default: "0.8" },
  "top-k": { type: "string", default: "40" },
  "top-p": { type: "string", default: "0.95" },
  "min-p": { type: "string", default: "0.05" },
  seed: { type: "string" },
} as const;

type Values = { readonly [Name in keyof typeof SAMPLING_OPTIONS]?: string | undefined };

/** The parameters of a request. @throws {CommandError} for what is no number, or out of range. */
export function samplingOf(values: Values): { readonly max_tokens: number | undefined } & Record<string, unknown> {
  return {
    max_tokens: numberOption("max-tokens", values["max-tokens"], { min: 1, integer: true }),
    temperature: numberOption("temperature", values.temperature, { min: 0, max: 100 }),
    top_k: numberOption("top-k", values["top-k"], { min: 0, integer: true }),
    top_p: numberOption("top-p", values["top-p"], { min: 0, max: 1 }),
    min_p: numberOption("min-p", values["min-p"], { min: 0, max: 1 }),
    seed: numberOption("seed", values.seed, { integer: true }),
  };
}
