/** Blocks that nobody in reach has: they are waited for, and nobody who was to load them is to blame. */
import { type BlockRuns, blocksIn } from "../block-runs.ts";
import type { Offer } from "./knowledge.ts";
import type { Lead } from "./lead.ts";

/** Who is waited for, a sentence; undefined unless all in reach have said what they have and it is not the whole model. */
export function absenceOf(offer: Offer, { knowledge: { holdings }, live }: Lead): string | undefined {
  const { id, blocks } = offer.manifest;
  const missing = holdings.missing(id, blocks.length);
  if (missing.length === 0 || !holdings.complete(id, live())) return undefined;
  return holdings.absence(offer.manifest, missing, blocks.length);
}

/** Who is waited for that knows what a model is made of, a sentence. */
export function absenceOfModel(model: { readonly id: string; readonly name: string }, { knowledge }: Lead): string {
  const all = knowledge.holdings.known(model.id);
  return knowledge.holdings.absence(model, all, all.length);
}

/** Who is waited for where a device could not get blocks; undefined where somebody else has them, so that it is its own fault. */
export function absentFor(
  device: string,
  wanted: BlockRuns | undefined,
  offer: Offer | undefined,
  { knowledge: { holdings } }: Lead,
): string | undefined {
  if (offer === undefined || wanted === undefined) return undefined;
  const { id, blocks } = offer.manifest;
  const all = blocksIn(wanted);
  const nowhere = holdings.missing(id, blocks.length, device).filter((block) => all.has(block));
  return nowhere.length === 0 ? undefined : holdings.absence(offer.manifest, nowhere, blocks.length);
}
