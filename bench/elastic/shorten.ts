/** A prompt at each of its levels: the sentences that the chooser keeps, or some by chance. */
import { PROMPT_SHARES } from "../../models/elastic.ts";
import { compress, encodeChat, readForChoosing } from "../../models/text/mod.ts";
import { seededRandom } from "../../training/generator/mod.ts";
import type { OpenModel } from "./open-model.ts";
import type { Shortened } from "./table.ts";

/** Shortens by the chooser's scores, with its guesses; by chance, and without guesses, where the model has no chooser. */
export async function shortenByChooser(model: OpenModel, prompt: string, index: number): Promise<Shortened> {
  const { manifest, compute, store, runnables } = model;
  const chooser = manifest.elastic?.chooser;
  if (chooser === undefined) return shortenByChance(model, prompt, index);
  const reading = readForChoosing(model.tokenizer, [{ role: "user", content: prompt }]);
  const request = { path: store.path(chooser), tokens: reading.tokens, levels: runnables.length };
  const { keep, right } = await compute.choose(request);
  return { ids: cut(model, reading, keep), guess: right };
}

/** What a gateway does with a prompt before it chooses, and for the choice: of the shorter prompts one is encoded. */
export async function chooseAsGateways(model: OpenModel, prompt: string): Promise<void> {
  const { manifest, tokenizer, bundle, compute, store, runnables } = model;
  const chooser = manifest.elastic?.chooser;
  if (chooser === undefined) return;
  const reading = readForChoosing(tokenizer, [{ role: "user", content: prompt }]);
  const { keep } = await compute.choose({
    path: store.path(chooser),
    tokens: reading.tokens,
    levels: runnables.length,
  });
  const shorter = PROMPT_SHARES.map((share) => compress(reading, keep, share).messages);
  encodeChat(tokenizer, bundle, shorter[1] ?? []);
}

/** Shortens by scores that say nothing; the guesses, which know nothing of that, are the chooser's. */
export async function shortenBlindly(model: OpenModel, prompt: string, index: number): Promise<Shortened> {
  const { ids } = shortenByChance(model, prompt, index);
  const { guess } = await shortenByChooser(model, prompt, index);
  return { ids, ...guess === undefined ? {} : { guess } };
}

function shortenByChance(model: OpenModel, prompt: string, index: number): Shortened {
  const random = seededRandom(index);
  const reading = readForChoosing(model.tokenizer, [{ role: "user", content: prompt }]);
  // A score a sentence: means of many tokens would all be alike.
  const scores = new Map<number, number>();
  const keep = new Float32Array(reading.tokens.length);
  for (const { sentence, start, end } of reading.words) {
    const score = scores.get(sentence) ?? random.unit();
    scores.set(sentence, score);
    keep.fill(score, start, end);
  }
  return { ids: cut(model, reading, keep) };
}

function cut({ tokenizer, bundle }: OpenModel, reading: ReturnType<typeof readForChoosing>, keep: Float32Array) {
  return PROMPT_SHARES.map((share) => encodeChat(tokenizer, bundle, compress(reading, keep, share).messages));
}
