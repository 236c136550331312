import { ModelFileError } from "../formats/mod.ts";
import type { SourceModel } from "./source-model.ts";

/** Throws ModelFileError if the tokenizer has a token that the embedding has no row for. */
export function checkVocabulary({ source, architecture, tokenizer }: SourceModel): void {
  const { vocabulary } = tokenizer;
  let largest = 0;
  if (vocabulary.kind === "sentencepiece") largest = vocabulary.pieces.length - 1;
  else {
    for (const id of Object.values(vocabulary.model.vocab)) largest = Math.max(largest, id);
    for (const { id } of vocabulary.added_tokens) largest = Math.max(largest, id);
  }
  if (largest < architecture.vocabulary) return;
  throw new ModelFileError(
    source.path,
    `its tokenizer has a token ${largest}, but its embedding only the rows 0 to ${architecture.vocabulary - 1}`,
    "Tokenizer and weights belong to different models: fetch both again.",
  );
}
