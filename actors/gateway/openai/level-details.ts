/** What an answer that had a target says of how it was made: in `skein` of its body, and in headers. Pure. */
import type { LevelDetails } from "../api.ts";
import { metBy, tookOf } from "../choosing.ts";
import type { Chosen } from "../chosen.ts";
import type { Timings } from "../protocol.ts";

/** The headers that tell of levels, for browsers that have to be allowed to read them. */
export const LEVEL_HEADERS = ["x-skein-level", "x-skein-target-met"] as const;

/** The part of `skein` that tells of a level; nothing where there was no target. */
export function levelDetails(chosen: Chosen | undefined, timings: Timings): Partial<LevelDetails> {
  if (chosen === undefined) return {};
  const { level, levels, promptShare, predicted, allowed, choosingMilliseconds, word } = chosen;
  const met = metBy(chosen, timings);
  const target = inMilliseconds(allowed);
  return {
    level,
    levels,
    prompt_share: promptShare,
    ...(predicted === undefined ? {} : { predicted: inMilliseconds(predicted) }),
    took: inMilliseconds(tookOf(timings)),
    ...(Object.keys(target).length === 0 ? {} : { target }),
    ...(choosingMilliseconds === undefined ? {} : { choosing_ms: rounded(choosingMilliseconds) }),
    ...(met === undefined ? {} : { met }),
    ...(word === undefined ? {} : { word }),
  };
}

/** What can be said before the answer is over: `x-skein-target-met` is what is predicted. */
export function levelHeaders(chosen: Chosen | undefined): Readonly<Record<string, string>> {
  if (chosen === undefined) return {};
  const { level, levels, met } = chosen;
  return { "x-skein-level": `${level}/${levels}`, ...(met === undefined ? {} : { "x-skein-target-met": `${met}` }) };
}

function inMilliseconds(
  { ttftMilliseconds: ttft, tpotMilliseconds: tpot }: {
    readonly ttftMilliseconds?: number | undefined;
    readonly tpotMilliseconds?: number | undefined;
  },
): { readonly ttft_ms?: number; readonly tpot_ms?: number } {
  return {
    ...(ttft === undefined ? {} : { ttft_ms: rounded(ttft) }),
    ...(tpot === undefined ? {} : { tpot_ms: rounded(tpot) }),
  };
}

/** To hundredths: no clock here is better. */
function rounded(milliseconds: number): number {
  return Math.round(100 * milliseconds) / 100;
}
