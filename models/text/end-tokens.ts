/**
 * Tokens that end a turn or a document in the well-known formats. Model files often name only one of them as EOS, so
 * llama.cpp goes by their text (`special_eog_ids` in `src/llama-vocab.cpp`), and so do we.
 */
export const END_TEXTS: ReadonlySet<string> = new Set([
  "<|eot_id|>",
  "<|eom_id|>",
  "<|im_end|>",
  "<|end|>",
  "<end_of_turn>",
  "<|endoftext|>",
  "<|end_of_text|>",
  "<EOT>",
  "<|fim_pad|>",
  "<|repo_name|>",
  "<|file_sep|>",
]);
