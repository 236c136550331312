/** Which models the mesh serves. Pure, and the one place where it is decided. */
import type { Offer } from "./knowledge.ts";

/** Chooses the models to serve, by id: from those that can be planned, and those whose plan is in force. */
export type Choice = (offers: readonly Offer[], inForce: readonly string[]) => readonly string[];

/**
 * One model at a time: the one in force stays, whatever else is offered; else the first that a device in reach has in full,
 * or the first that anybody recalls.
 */
export const oneModel: Choice = (offers, inForce) => {
  const [stays] = inForce;
  if (stays !== undefined) return [stays];
  const offer = offers.find(({ holders }) => holders.size > 0) ?? offers[0];
  return offer === undefined ? [] : [offer.manifest.id];
};
