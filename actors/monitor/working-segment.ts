/** What there is to know of a segment before its steps tell anything. Pure. */
import { shareOf } from "../../models/elastic.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { WorkingSegment } from "./segment-work.ts";

/** The blocks `first` to `last` of a model, as their steps are measured. */
export function workingSegment(
  { blocks, elastic }: Pick<Manifest, "blocks" | "elastic">,
  run: Pick<WorkingSegment, "model" | "first" | "last">,
): WorkingSegment {
  const own = blocks.slice(run.first, run.last + 1);
  return {
    ...run,
    kinds: own.map(({ kind }) => kind),
    ...(elastic === undefined
      ? {}
      : { elastic: { levels: elastic.slices, sliced: own.map((block) => shareOf(elastic, block, 1) < 1) } }),
  };
}
