/** Which model a person means, and whether it may go. Pure. */
import type { Removed } from "./protocol.ts";

interface Candidate {
  readonly id: string;
  readonly name: string;
}

/** Digits of an id that are enough to name a model. */
const ENOUGH_DIGITS = 8;

/** The model of this name or id, or why it is not to be removed. */
export function toRemove<M extends Candidate>(
  wanted: string,
  models: readonly M[],
  served: ReadonlySet<string>,
  force: boolean,
): { readonly type: "model"; readonly model: M } | Extract<Removed, { type: "refused" }> {
  const exact = models.filter(({ id, name }) => id === wanted || name === wanted);
  const found = exact.length > 0 || wanted.length < ENOUGH_DIGITS
    ? exact
    : models.filter(({ id }) => id.startsWith(wanted));
  const [model, second] = found;
  if (model === undefined) {
    const known = models.map(({ name }) => name).join(", ") || "none";
    return {
      type: "refused",
      code: "unknown",
      reason: `There is no model "${wanted.slice(0, 200)}" here. Models: ${known}.`,
    };
  }
  if (second !== undefined) {
    const ids = found.map(({ id }) => id.slice(0, 12)).join(", ");
    const reason = `${found.length} models here are called "${wanted.slice(0, 200)}". Say which by its id: ${ids}.`;
    return { type: "refused", code: "ambiguous", reason };
  }
  if (served.has(model.id) && !force) {
    const reason = `${model.name} is being served. With --force, what of it does not run here goes all the same.`;
    return { type: "refused", code: "serving", reason };
  }
  return { type: "model", model };
}
