/** Greedy answers at a level, judged to the letter. */
import type { Attention } from "../../models/compute/mod.ts";
import { draws, type Runnable } from "./open-model.ts";

/** Tokens: the longest right answers have about 50. */
const LONGEST_ANSWER = 70;

/** A prompt's tokens, up to where the answer begins, and the right answer. */
export interface Exam {
  readonly ids: readonly number[];
  readonly answer: string;
}

/** An answer that may still become right. */
interface Candidate {
  readonly slot: number;
  readonly exam: Exam;
  readonly position: number;
  readonly next: readonly number[];
  readonly said: readonly number[];
}

/** As in a conversation: a prompt is a chunk, a token that was drawn attends by itself. */
export function attentionOf(tokens: number): Attention {
  return tokens === 1 ? "single" : "chunk";
}

/**
 * Answers exams at a level, each in a slot of its own; returns whether each answer is right, spaces around it left out. An
 * answer ends where it cannot become right any more.
 */
export async function judge({ model, segment, level }: Runnable, exams: readonly Exam[]): Promise<boolean[]> {
  const { tokenizer, manifest } = model;
  const right = exams.map(() => false);
  let open: Candidate[] = exams.map((exam, slot) => ({ slot, exam, position: 0, next: exam.ids, said: [] }));
  while (open.length > 0) {
    const rows = open.map(({ slot, position, next }) => ({
      slot,
      position,
      count: next.length,
      attention: attentionOf(next.length),
      output: draws,
      ...level === undefined ? {} : { level },
    }));
    const { tokens } = await segment.step({ rows, tokens: Int32Array.from(open.flatMap(({ next }) => next)) });
    open = open.flatMap(({ slot, exam, position, next, said }, index) => {
      const token = tokens[index]?.[0] ?? -1;
      if (tokenizer.endIds.has(token)) {
        right[slot] = tokenizer.decode(said).trim() === exam.answer;
        return [];
      }
      const all = [...said, token];
      const reached = position + next.length;
      const full = all.length >= LONGEST_ANSWER || reached >= manifest.architecture.context;
      if (full || !exam.answer.startsWith(tokenizer.decode(all).trim())) return [];
      return [{ slot, exam, position: reached, next: [token], said: all }];
    });
  }
  return right;
}
