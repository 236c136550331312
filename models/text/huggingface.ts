/** Vocabularies in the format of a Hugging Face `tokenizer.json`, encoded by `@huggingface/tokenizers`. */
import { Tokenizer as Components } from "@huggingface/tokenizers";
import { errorText } from "../error-text.ts";
import type { AddedToken, HuggingFaceVocabulary } from "./bundle.ts";
import { createDecoder } from "./decoder.ts";
import { longestToken } from "./longest-token.ts";
import { createSplitter } from "./splitter.ts";
import { NO_BYTES, type Vocabulary } from "./vocabulary.ts";

/**
 * Makes a vocabulary of `tokenizer.json` data. The ids `steering` are control tokens, whatever their flags. Throws a
 * TypeError when a part of the data is of an unknown kind.
 *
 * The library's own `encode` always looks for special tokens, so only its components are used here: normalizer,
 * pre-tokenizer and model. The model does not know the control tokens, so no typed text can become one.
 */
export function createHuggingFace(data: HuggingFaceVocabulary, steering: ReadonlySet<number>): Vocabulary {
  const { normalizer, preTokenizer, model, decoder } = components(data);
  const control: AddedToken[] = [];
  const userDefined: AddedToken[] = [];
  const normalized: AddedToken[] = [];
  for (const token of data.added_tokens) {
    if (token.special === true || steering.has(token.id)) control.push(token);
    else if (token.normalized === true && normalizer !== null) {
      normalized.push({ ...token, content: normalizer(token.content) });
    } else userDefined.push(token);
  }
  const texts = model.vocab.slice();
  const literal = new Map(data.added_tokens.map((token) => [token.id, token.content]));
  const size = data.added_tokens.reduce((most, token) => Math.max(most, token.id + 1), texts.length);
  const unknown = data.model.unk_token ?? undefined;
  const unknownId = unknown === undefined ? undefined : model.tokens_to_ids.get(unknown);
  for (const token of control) model.tokens_to_ids.delete(token.content);
  const splitNormalized = createSplitter(normalized.filter((token) => token.content !== ""));
  const utf8 = new TextEncoder();

  function encode(text: string, first: boolean): number[] {
    const ids: number[] = [];
    const prepared = normalizer === null ? text : normalizer(text);
    for (const part of splitNormalized(prepared)) {
      if (typeof part === "number") {
        ids.push(part);
        continue;
      }
      // The library takes section 0 for the beginning of a prompt.
      const words = preTokenizer === null ? [part] : preTokenizer(part, { section_index: first ? 0 : 1 });
      for (const token of model(words)) {
        const id = model.tokens_to_ids.get(token) ?? (token === unknown ? unknownId : undefined);
        if (id !== undefined) ids.push(id);
      }
    }
    return ids;
  }

  function bytes(id: number): Uint8Array {
    const added = literal.get(id);
    if (added !== undefined) return utf8.encode(added);
    const token = texts[id];
    return token === undefined ? NO_BYTES : decoder.bytes(token);
  }

  const longest = longestToken(data);
  return { size, control, userDefined, longest, stripLeadingSpace: decoder.stripLeadingSpace, encode, bytes };
}

function components(data: HuggingFaceVocabulary) {
  const decoder = createDecoder(data.decoder);
  checkSplits(data.pre_tokenizer);
  try {
    const { normalizer, pre_tokenizer, model } = new Components({
      normalizer: data.normalizer,
      pre_tokenizer: data.pre_tokenizer,
      model: data.model,
      decoder: null,
      post_processor: null,
      added_tokens: [],
    }, {});
    if (model === null) throw new TypeError("there is no model");
    return { normalizer, preTokenizer: pre_tokenizer, model, decoder };
  } catch (cause) {
    throw new TypeError(
      `Cannot read the tokenizer: ${errorText(cause)}. The model needs a newer version.`,
      { cause },
    );
  }
}

/** Throws for the ways to split that the library would take for another one: wrong tokens are worse than none. */
function checkSplits(preTokenizer: object | null): void {
  const step: { type?: unknown; pretokenizers?: unknown; behavior?: unknown; invert?: unknown } = preTokenizer ?? {};
  if (step.type === "Sequence" && Array.isArray(step.pretokenizers)) step.pretokenizers.forEach(checkSplits);
  if (step.type !== "Split") return;
  if (step.behavior === "Removed" || (step.behavior === "Isolated" && step.invert !== true)) return;
  throw new TypeError(
    `Cannot read the tokenizer: its pre-tokenizer splits with the behavior ${
      JSON.stringify(step.behavior) ?? "unnamed"
    }` +
      `${step.invert === true ? ", inverted" : ""}; known are Removed, and Isolated if not inverted`,
  );
}
