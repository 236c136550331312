/** The language of the models of small numbers: ids are characters. */
import { type Language, languagesHere } from "../../../actors/conversation/language.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { fakeStore } from "./fake-model.ts";

/** How a fake model reads and writes. */
export function fakeLanguage(manifest: Manifest): Promise<Language> {
  return languagesHere(fakeStore([manifest])).learn(manifest);
}

/** The ids of a text. */
export function idsOf(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
