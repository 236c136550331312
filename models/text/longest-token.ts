/** How much text one token of a `tokenizer.json` can stand for. */
import type { AddedToken, HuggingFaceVocabulary } from "./bundle.ts";
import { ALPHABET } from "./byte-level.ts";

/** A normalizer or pre-tokenizer, as the file has it. */
interface Step {
  readonly type?: unknown;
  readonly normalizers?: unknown;
  readonly pretokenizers?: unknown;
  readonly behavior?: unknown;
  readonly pattern?: { readonly String?: unknown };
  readonly content?: unknown;
}

/**
 * UTF-16 units that composing can make one of: a Greek letter with three marks. (A letter's canonical decomposition has at
 * most four units, and composing undoes no more than that.)
 */
const COMPOSED_UNITS = 4;

/**
 * Returns the UTF-16 units of text that one token can stand for, at most. Infinity where a text can lose characters on its
 * way to tokens: by normalizers that strip, splits that remove, or a vocabulary that lacks some bytes.
 */
export function longestToken(data: HuggingFaceVocabulary): number {
  const cuts = flatten(data.pre_tokenizer, "pretokenizers");
  if (!cuts.every(keepsText) || data.added_tokens.some(swallowsSpace) || !coversBytes(data, cuts)) return Infinity;
  let longest = 1;
  // A token of n bytes, or letters that stand for bytes, is at most n units of text.
  for (const token of Object.keys(data.model.vocab)) longest = Math.max(longest, token.length);
  for (const { content } of data.added_tokens) longest = Math.max(longest, content.length);
  return flatten(data.normalizer, "normalizers").reduce((units, step) => units * shrinkage(step), longest);
}

/** Whether every byte has a token of its own, so that nothing is left out. */
function coversBytes({ model: { vocab, ...model } }: HuggingFaceVocabulary, cuts: readonly Step[]): boolean {
  if (cuts.some(({ type }) => type === "ByteLevel")) return ALPHABET.every((letter) => Object.hasOwn(vocab, letter));
  const { byte_fallback: fallsBack } = model as { readonly byte_fallback?: unknown };
  return fallsBack === true && ALPHABET.every((_, byte) => Object.hasOwn(vocab, byteName(byte)));
}

function byteName(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

function keepsText({ type, behavior }: Step): boolean {
  return type === "ByteLevel" || type === "Digits" || type === "Metaspace" ||
    (type === "Split" && behavior === "Isolated");
}

/** Of the added tokens only these are looked for in text whose length counts; the others are cut out before. */
function swallowsSpace({ special, normalized, lstrip, rstrip }: AddedToken): boolean {
  return special !== true && normalized === true && (lstrip === true || rstrip === true);
}

/** How many units of text a step can make one of; Infinity for those not known. */
function shrinkage({ type, pattern, content }: Step): number {
  if (type === "NFC") return COMPOSED_UNITS;
  if (type === "Prepend") return 1;
  if (type !== "Replace" || typeof pattern?.String !== "string" || typeof content !== "string") return Infinity;
  return content === "" ? Infinity : Math.max(1, pattern.String.length / content.length);
}

function flatten(step: Step | null, inner: "normalizers" | "pretokenizers"): readonly Step[] {
  if (step === null) return [];
  if (step.type !== "Sequence") return [step];
  const steps = step[inner];
  return Array.isArray(steps) ? steps.flatMap((each: Step | null) => flatten(each, inner)) : [{}];
}
