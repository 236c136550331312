import { ModelFileError } from "../formats/mod.ts";
import type { Architecture } from "../manifest.ts";
import { limits } from "./limits.ts";

export type Sizes = Pick<
  Architecture,
  "layers" | "width" | "heads" | "kvHeads" | "headSize" | "feedForward" | "vocabulary"
>;

/** Throws ModelFileError for sizes that fit no transformer. */
export function checkSizes(path: string, { heads, kvHeads, headSize, vocabulary }: Sizes): void {
  const advice = "Choose another file of this model.";
  if (vocabulary < 1 || vocabulary > limits.vocabulary) {
    throw new ModelFileError(
      path,
      `its embedding has ${vocabulary} rows; 1 to ${limits.vocabulary} are possible`,
      advice,
    );
  }
  if (heads % kvHeads !== 0) {
    throw new ModelFileError(path, `its ${heads} heads cannot share ${kvHeads} key and value heads evenly`, advice);
  }
  if (headSize % 2 !== 0) {
    throw new ModelFileError(path, `its heads have ${headSize} elements; rotary positions need an even number`, advice);
  }
}
