/** A model's way with text, behind an interface: where texts are read, on a thread or right here, is the platform's business. */
import type { Manifest } from "../../models/manifest.ts";
import type { BlockStore } from "../../models/store/mod.ts";
import { createTokenizer, parseBundle, type TokenReader } from "../../models/text/mod.ts";
import { readPrompt, type Writing } from "./prompt.ts";
import type { Prompt, PromptRead } from "./protocol.ts";
import { type Studied, studyPrompt } from "./study.ts";

/** How a model reads and writes. */
export interface Language {
  readonly tokenizer: TokenReader;
  /** Reads a prompt for a context of so many tokens. Rejects where it could not be tried; another try may do better. */
  read(prompt: Prompt, context: number): Promise<PromptRead>;
  /** Reads a prompt as a chooser does. Rejects as `read` does. */
  study(prompt: Prompt, context: number): Promise<Studied>;
}

/** Learns languages. */
export interface Languages {
  /** Learns a model's language from its tokenizer, which is in the block store. */
  learn(manifest: Manifest): Promise<Language>;
  /** Gets ready to learn one soon, when somebody may be waiting for it. */
  prepare(): void;
}

/** Reads on the thread that asks: for tests, and for whoever has no other. */
export function languagesHere(store: Pick<BlockStore, "read">): Languages {
  return {
    prepare: () => {},
    async learn({ tokenizer: blob, architecture }) {
      const writing = openWriting(await store.read(blob, 0, blob.bytes), architecture.vocabulary);
      return {
        tokenizer: writing.tokenizer,
        read: (prompt, context) => Promise.resolve(readPrompt(prompt, writing, context)),
        study: (prompt, context) => Promise.resolve(studyPrompt(prompt, writing, context)),
      };
    },
  };
}

/** Reads a tokenizer as it is stored. @throws {TypeError} that names what is wrong with it. */
export function openWriting(bytes: Uint8Array, vocabulary: number): Writing {
  const bundle = parseBundle(JSON.parse(new TextDecoder().decode(bytes)));
  return { bundle, tokenizer: createTokenizer(bundle), vocabulary };
}
