/** What a block should take on a device by its trial alone, and how far off that is where blocks have run. Pure. */
import type { Block, Manifest } from "../../models/manifest.ts";
import { median } from "../../plans/mod.ts";
import type { DeviceReport } from "./protocol.ts";

type Rates = DeviceReport["rates"];

/** A look-up reads one row: its table's size says nothing. */
const LOOK_UP_MILLISECONDS = 0.01;

/** Milliseconds of a decode step. */
export function decodeGuess({ kind, memoryBytes }: Block, { decodeNanosecondsPerByte }: Rates): number {
  return kind === "embed" ? LOOK_UP_MILLISECONDS : memoryBytes * decodeNanosecondsPerByte / 1e6;
}

/** Milliseconds of a prompt token. */
export function prefillGuess(
  { kind, multiplyAddsPerToken }: Block,
  { prefillNanosecondsPerMultiplyAdd }: Rates,
): number {
  return kind === "embed" ? LOOK_UP_MILLISECONDS : multiplyAddsPerToken * prefillNanosecondsPerMultiplyAdd / 1e6;
}

/** How many times as long as by its trial alone a model's layers take on a device; undefined where none has run there. */
export interface Ratios {
  readonly decode: number | undefined;
  readonly prefill: number | undefined;
  /** The same of the look-up of a token's embedding. */
  readonly lookUp?: number | undefined;
}

/** The ratios that a report tells for a model. */
export function ratiosOf({ id, blocks }: Manifest, { work, rates }: DeviceReport): Ratios {
  const times = work.find(({ model }) => model === id)?.blocks ?? [];
  const ratio = (
    guess: typeof decodeGuess,
    kind: "decodeMilliseconds" | "prefillMillisecondsPerToken",
    of: Block["kind"] = "layer",
  ) => {
    return median(times.flatMap((time) => {
      const [block, took] = [blocks[time.index], time[kind]];
      const guessed = block?.kind === of ? guess(block, rates) : 0;
      return took === undefined || guessed === 0 ? [] : [took / guessed];
    }));
  };
  return {
    decode: ratio(decodeGuess, "decodeMilliseconds"),
    prefill: ratio(prefillGuess, "prefillMillisecondsPerToken"),
    lookUp: ratio(decodeGuess, "decodeMilliseconds", "embed"),
  };
}
