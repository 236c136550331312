/** The language of the models of small numbers: ids are characters. */
import type { Language } from "../../../actors/conversation/prompt.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { createTokenizer, parseBundle } from "../../../models/text/mod.ts";
import { fakeStore } from "./fake-model.ts";

/** How a fake model reads and writes. */
export async function fakeLanguage(manifest: Manifest): Promise<Language> {
  const { tokenizer, architecture } = manifest;
  const bytes = await fakeStore([manifest]).read(tokenizer, 0, tokenizer.bytes);
  const bundle = parseBundle(JSON.parse(new TextDecoder().decode(bytes)));
  return { bundle, tokenizer: createTokenizer(bundle), vocabulary: architecture.vocabulary };
}

/** The ids of a text. */
export function idsOf(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
