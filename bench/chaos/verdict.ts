/** Whether a reader got what an undisturbed one gets, and if not, what is wrong with it. */
import type { StreamRead } from "../../tests/e2e/read-stream.ts";

/**
 * identical; lost or doubled: a stretch is missing or comes twice; changed: other words; error: the daemon said that it
 * cannot go on, or the connection broke; hung: nothing came for so long that the reader gave up.
 */
export const VERDICTS = [
  "identical",
  "lost",
  "doubled",
  "changed",
  "error",
  "hung",
] as const;
export type Verdict = typeof VERDICTS[number];

/** What is compared of an answer. */
export type Answer = Pick<StreamRead, "text" | "tokens">;

/** Judges an answer that was read, by the one that it should be. */
export function judge(
  reference: Answer,
  read: StreamRead,
  hung: boolean,
): Verdict {
  if (hung) return "hung";
  if (read.error !== undefined) return "error";
  if (read.text === reference.text) {
    return read.tokens === reference.tokens ? "identical" : "changed";
  }
  if (misses(read.text, reference.text)) return "lost";
  return misses(reference.text, read.text) ? "doubled" : "changed";
}

/** Whether `part` is `whole` without one stretch. */
function misses(part: string, whole: string): boolean {
  if (part.length >= whole.length) return false;
  let before = 0;
  while (before < part.length && part[before] === whole[before]) before++;
  return whole.endsWith(part.slice(before));
}
