/** Reads the `decoder` of a Hugging Face `tokenizer.json` as a rule that works token by token. */
import { bytesOfLetters } from "./byte-level.ts";
import { namedByte } from "./vocabulary.ts";

/** How tokens become text. */
export interface TokenDecoder {
  /** UTF-8 bytes of a token that is not an added one. */
  bytes(token: string): Uint8Array;
  /** Whether a space that starts the text is dropped. */
  readonly stripLeadingSpace: boolean;
}

interface Step {
  readonly type?: unknown;
  readonly decoders?: unknown;
  readonly pattern?: { readonly String?: unknown };
  readonly content?: unknown;
  readonly start?: unknown;
  readonly stop?: unknown;
  readonly replacement?: unknown;
  readonly prepend_scheme?: unknown;
  readonly add_prefix_space?: unknown;
}

/**
 * Returns the rule for the two kinds that byte-pair vocabularies have: `ByteLevel`, and SentencePiece's replacements with
 * byte fallback. Throws a TypeError that names a step which cannot be done token by token.
 */
export function createDecoder(decoder: object | null): TokenDecoder {
  const steps = flatten(decoder);
  if (steps.some((step) => step.type === "ByteLevel")) {
    const other = steps.find((step) => step.type !== "ByteLevel" && step.type !== "Fuse");
    if (other !== undefined) throw unsupported(other);
    return { bytes: bytesOfLetters, stripLeadingSpace: false };
  }
  const utf8 = new TextEncoder();
  const replacements: (readonly [from: string, to: string])[] = [];
  let byteFallback = false;
  let stripLeadingSpace = false;
  for (const step of steps) {
    const { type, pattern, content, start, stop } = step;
    if (type === "Replace" && typeof pattern?.String === "string" && typeof content === "string") {
      replacements.push([pattern.String, content]);
    } else if (type === "ByteFallback") {
      byteFallback = true;
    } else if (type === "Strip" && content === " " && start === 1 && (stop ?? 0) === 0) {
      stripLeadingSpace = true;
    } else if (type === "Metaspace") {
      replacements.push([typeof step.replacement === "string" ? step.replacement : "\u2581", " "]);
      stripLeadingSpace ||= step.prepend_scheme !== "never" && step.add_prefix_space !== false;
    } else if (type !== "Fuse") {
      throw unsupported(step);
    }
  }
  return {
    bytes(token) {
      const byte = byteFallback ? namedByte(token) : undefined;
      if (byte !== undefined) return Uint8Array.of(byte);
      return utf8.encode(replacements.reduce((text, [from, to]) => text.replaceAll(from, to), token));
    },
    stripLeadingSpace,
  };
}

function flatten(decoder: object | null): readonly Step[] {
  if (decoder === null) return [];
  const step: Step = decoder;
  if (step.type !== "Sequence") return [step];
  return Array.isArray(step.decoders) ? step.decoders.flatMap((inner: object | null) => flatten(inner)) : [];
}

function unsupported(step: Step): TypeError {
  return new TypeError(
    `Cannot read the tokenizer: its decoder has the step ${JSON.stringify(step).slice(0, 200)}; ` +
      "known are ByteLevel, Metaspace, and Replace, ByteFallback, Fuse and Strip of one leading space",
  );
}
