/** The embedding as a stage: token ids in, rows of the table out. */
import { roleOf } from "../block-role.ts";
import type { Embedding } from "./embedding.ts";
import type { Pass, Stage } from "./stage.ts";

/** Makes the stage of an open table [vocabulary, width]. */
export function embeddingStage(table: Embedding, width: number): Stage {
  return {
    ...roleOf({ kind: "embed" }),
    run({ step, batch, states }: Pass) {
      const size = batch.count * width;
      for (const { offset, place } of batch.parts) {
        const ids = step.tokens.subarray(offset, offset + batch.count);
        table.read(ids, states.values.subarray(place * size, (place + 1) * size));
      }
    },
    close: () => table.close(),
  };
}
