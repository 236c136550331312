/** A tokenizer bundle from the JSON files of a Hugging Face folder. */
import { parseBundle, type TokenizerBundle } from "./bundle.ts";
import { END_TEXTS } from "./end-tokens.ts";

/** The parsed files; only the first is needed. */
export interface TokenizerFolder {
  /** `tokenizer.json` */
  readonly tokenizer: unknown;
  /** `tokenizer_config.json` */
  readonly config?: unknown;
  /** The text of `chat_template.jinja`; it goes before the template in `config`. */
  readonly chatTemplate?: string | undefined;
  /** `generation_config.json` */
  readonly generation?: unknown;
  /** `config.json` */
  readonly model?: unknown;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Puts a bundle together. The end of an answer is any of the EOS ids of the three configurations and the well-known
 * ends among the special tokens. Throws a TypeError that names the wrong part.
 */
export function bundleFromFolder(folder: TokenizerFolder): TokenizerBundle {
  const tokenizer = object(folder.tokenizer);
  const model = object(tokenizer.model);
  if (folder.tokenizer === undefined || tokenizer.model === undefined) {
    throw new TypeError("Cannot read the tokenizer: tokenizer.json has no model; copy the model's folder again");
  }
  // Files of before 2022 leave the type out.
  const type = model.type ?? (Array.isArray(model.merges) ? "BPE" : undefined);
  if (type !== "BPE") {
    throw new TypeError(`Cannot read the tokenizer: its model is ${JSON.stringify(type) ?? "unnamed"}; known is BPE`);
  }
  const added = list(tokenizer.added_tokens).map(object);
  const config = object(folder.config);
  const generation = object(folder.generation);
  const transformer = object(folder.model);
  const template = wrapping(tokenizer.post_processor);

  const idOf = (content: string | undefined) =>
    content === undefined
      ? undefined
      : number(added.find((token) => token.content === content)?.id ?? own(object(model.vocab), content));
  const textOf = (id: number | undefined) =>
    id === undefined ? undefined : string(added.find((token) => token.id === id)?.content) ??
      Object.entries(object(model.vocab)).find(([, value]) => value === id)?.[0];

  const bosId = idOf(tokenText(config.bos_token)) ??
    ("bos_token" in config ? undefined : first(generation.bos_token_id, transformer.bos_token_id)) ??
    idOf(template.before);
  const eosId = idOf(tokenText(config.eos_token)) ?? first(generation.eos_token_id, transformer.eos_token_id);
  const bosText = textOf(bosId);
  const eosText = textOf(eosId);
  const ends = [eosId, generation.eos_token_id, transformer.eos_token_id].flat().map(number);
  const wellKnown = added.filter((token) => typeof token.content === "string" && END_TEXTS.has(token.content));
  const chatTemplate = folder.chatTemplate ?? templateText(config.chat_template);

  return parseBundle({
    format: 1,
    vocabulary: {
      kind: "huggingface",
      normalizer: tokenizer.normalizer ?? null,
      pre_tokenizer: tokenizer.pre_tokenizer ?? null,
      model: { ...model, type },
      decoder: tokenizer.decoder ?? null,
      added_tokens: added,
    },
    addBos: bosId !== undefined &&
      (typeof config.add_bos_token === "boolean" ? config.add_bos_token : template.before !== undefined),
    addEos: eosId !== undefined &&
      (typeof config.add_eos_token === "boolean" ? config.add_eos_token : template.after !== undefined),
    endIds: [...new Set([...ends, ...wellKnown.map((token) => number(token.id))])].filter((id) => id !== undefined),
    ...(bosId === undefined ? {} : { bosId }),
    ...(eosId === undefined ? {} : { eosId }),
    ...(bosText === undefined ? {} : { bosText }),
    ...(eosText === undefined ? {} : { eosText }),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
  });
}

/** The special tokens that a post-processor puts before and after a text. */
function wrapping(postProcessor: unknown): { readonly before?: string; readonly after?: string } {
  const processor = object(postProcessor);
  if (processor.type === "Sequence") {
    return Object.assign({}, ...list(processor.processors).map(wrapping));
  }
  if (processor.type !== "TemplateProcessing") return {};
  const single = list(processor.single).map(object);
  const before = string(object(single.at(0)?.SpecialToken).id);
  const after = string(object(single.at(-1)?.SpecialToken).id);
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** `chat_template` is a text, or a list of named ones of which "default" is for chat. */
function templateText(value: unknown): string | undefined {
  if (!Array.isArray(value)) return string(value);
  return string(value.map(object).find((entry) => entry.name === "default")?.template);
}

/** `bos_token` and the like are a text, or an object with it. */
function tokenText(value: unknown): string | undefined {
  return string(value) ?? string(object(value).content);
}

function first(...values: readonly unknown[]): number | undefined {
  return values.flat().map(number).find((id) => id !== undefined);
}

function own(record: Json, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Json : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function string(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
