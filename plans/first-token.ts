/** When the first token comes: prompts go through in chunks, and stages work on several of them at once. */
import type { LinkPrediction, StagePrediction } from "./stages.ts";
import type { Problem } from "./problem.ts";

/** Tokens of a chunk, and chunks of one prompt that are under way at once: as conversations send them. */
const chunkTokens = 128;
const chunksUnderWay = 4;

/**
 * Milliseconds from the prompt at the first stage to the first token back there: one chunk's way through all stages and
 * links, and for each further chunk the slowest of them, or the whole way where that is longer than four chunks fill.
 */
export function firstTokenMilliseconds(
  { shape }: { readonly shape: Pick<Problem["shape"], "promptTokens"> },
  stages: readonly Pick<StagePrediction, "prefillMilliseconds">[],
  links: readonly Pick<LinkPrediction, "prefillMilliseconds" | "tokenMilliseconds" | "back">[],
): number {
  const way = sum(stages.map((stage) => stage.prefillMilliseconds)) +
    sum(links.map((link) => link.prefillMilliseconds));
  const chunks = Math.ceil(shape.promptTokens / chunkTokens);
  if (chunks <= 1) return way;
  const later = 1 - 1 / chunks;
  const occupied = links.filter(({ back }) => !back).map((link) => link.tokenMilliseconds * shape.promptTokens);
  // The first chunk passes alone; latencies of links are not divided.
  const first = way - later * (sum(stages.map((stage) => stage.prefillMilliseconds)) + sum(occupied));
  const slowest = Math.max(...stages.map((stage) => stage.prefillMilliseconds), ...occupied) / chunks;
  return first + (chunks - 1) * Math.max(slowest, first / chunksUnderWay);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
