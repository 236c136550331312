import { ModelFileError } from "../formats/mod.ts";
import type { SourceModel } from "./source-model.ts";

/**
 * Throws ModelFileError for a tensor that no block uses: a model with parts that the graphs do not have would otherwise
 * run and answer nonsense.
 */
export function refuseUnusedTensors(model: SourceModel, blockTensors: readonly string[]): void {
  const { source, names, tied, architecture } = model;
  const used = new Set([names.embedding, ...blockTensors]);
  for (const name of source.tensors.keys()) {
    if (used.has(name) || names.ignored.test(name)) continue;
    if (tied && name === `${names.output}.weight`) continue;
    throw new ModelFileError(
      source.path,
      `it has the tensor "${name}", which a ${architecture.family} model with ${architecture.layers} layers does not use`,
      "The model is of a variant that is not known here: choose another one.",
    );
  }
}
